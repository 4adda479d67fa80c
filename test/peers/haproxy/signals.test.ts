import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { folder } from "../../tools/folder.ts";
import { type OutriderProcess, startOutrider } from "../../tools/outrider.ts";
import { answerOf } from "../../tools/tcp.ts";
import { Tidy } from "../../tools/tidy.ts";
import { recorded, type SignalStep } from "./recorded.ts";

const tidy = new Tidy();

async function started(file: string): Promise<{ outrider: OutriderProcess; port: number }> {
  const env = { HAPGENT_IP: "127.0.0.1", HAPGENT_PORT: "0", HAPGENT_STATE_FILE: file };
  const outrider = await startOutrider(tidy, { env });
  // Signals that come before this are kept, but told only then.
  await outrider.says("outrider is running");
  return { outrider, port: await outrider.port() };
}

/** Sends a signal and waits until it has been obeyed in full. */
async function signal(outrider: OutriderProcess, name: string): Promise<void> {
  const from = outrider.lines.length;
  outrider.signal(`SIG${name}` as NodeJS.Signals);
  const results = {
    HUP: ["state file read", "state file cannot be used"],
    USR1: ["state saved", "state cannot be saved, it holds in memory"],
    USR2: ["state saved", "state cannot be saved, it holds in memory"],
  }[name];
  await outrider.line(({ msg }) => results?.includes(msg) ?? false, { from });
}

/** What each recorded step does; the words are those of the recording. */
async function act(step: SignalStep, file: string, outrider: OutriderProcess): Promise<void> {
  if (/file edited to DRAIN/.test(step.do)) writeFileSync(file, '{"status":"DRAIN"}');
  if (/file broken/.test(step.do)) writeFileSync(file, "{broken");
  if (/file removed/.test(step.do)) rmSync(file);
  if (/directory missing/.test(step.do)) rmSync(dirname(file), { recursive: true });
  const name = /no signal/.test(step.do) ? undefined : /\b(HUP|USR1|USR2)\b/.exec(step.do)?.[1];
  if (name !== undefined) await signal(outrider, name);
}

/** `READY 90 maxconn 2000` as a file. */
function fileOf(words: string): string {
  const [, status, weight, maxconn] = /^(\w+)(?: (\d+))?(?: maxconn (\d+))?$/.exec(words) ?? [];
  return JSON.stringify({
    status,
    ...(weight && { weight: +weight }),
    ...(maxconn && { maxconn: +maxconn }),
  });
}

test("the recorded life of a hapgent, step by step: answers and file", async () => {
  const steps = recorded.hapgent.signals.filter(({ reply }) => reply !== null);
  const file = join(await folder(tidy), "etc", "state.json");
  mkdirSync(dirname(file));
  writeFileSync(file, fileOf(steps[0]?.state ?? ""));
  const { outrider, port } = await started(file);
  for (const step of steps) {
    await act(step, file, outrider);
    expect({ step: step.do, reply: await answerOf(port) }).toEqual({ step: step.do, reply: step.reply });
    if (step.file?.startsWith("{")) expect(readFileSync(file, "utf8")).toBe(step.file);
    if (step.file?.startsWith("created again"))
      expect(statSync(file).mode & 0o777).toBe(0o644 & ~process.umask());
    if (step.file?.startsWith("left as it was")) expect(readFileSync(file, "utf8")).toBe("{broken");
    if (step.file?.startsWith("not written")) expect(existsSync(file)).toBe(false);
  }
});

describe("the table of signals", () => {
  const states = ["UP", "DOWN", "READY", "DRAIN", "FAIL", "MAINT", "STOPPED"];

  test("USR1 is UP and USR2 is DOWN from every status; weight and maxconn are kept, file and permissions too", async () => {
    const file = join(await folder(tidy), "state.json");
    writeFileSync(file, '{"status":"UP"}');
    chmodSync(file, 0o664);
    const { outrider, port } = await started(file);
    for (const before of states) {
      for (const [name, status] of [["USR1", "UP"] as const, ["USR2", "DOWN"] as const]) {
        writeFileSync(file, JSON.stringify({ maxconn: 7, status: before, weight: 0 }));
        await signal(outrider, "HUP");
        expect(await answerOf(port)).toBe(`${before} 0% maxconn:7\n`);
        await signal(outrider, name);
        expect(await answerOf(port)).toBe(`${status} 0% maxconn:7\n`);
        expect(readFileSync(file, "utf8")).toBe(
          `{\n  "status": "${status}",\n  "weight": 0,\n  "maxconn": 7\n}`,
        );
      }
    }
    expect(statSync(file).mode & 0o777).toBe(0o664);
  });

  test("HUP takes the file as it is; what it leaves out is gone", async () => {
    const file = join(await folder(tidy), "state.json");
    writeFileSync(file, '{"status":"UP","weight":9,"maxconn":9}');
    const { outrider, port } = await started(file);
    writeFileSync(file, '{"status":"READY"}');
    await signal(outrider, "HUP");
    expect(await answerOf(port)).toBe("READY\n");
    expect(readFileSync(file, "utf8")).toBe('{"status":"READY"}');
  });

  test("a file that was edited and read is not lost to the signal that follows at once", async () => {
    const file = join(await folder(tidy), "state.json");
    writeFileSync(file, '{"status":"DOWN","weight":9}');
    const { outrider, port } = await started(file);
    writeFileSync(file, '{"status":"DOWN","weight":50}');
    const from = outrider.lines.length;
    outrider.signal("SIGHUP");
    await outrider.line(({ msg }) => msg === "signal received", { from });
    outrider.signal("SIGUSR1");
    await outrider.line(({ msg }) => msg === "state saved", { from });
    expect(await answerOf(port)).toBe("UP 50%\n");
  });

  test("a signal before anything is ready neither ends the process nor is forgotten", async () => {
    const file = join(await folder(tidy), "state.json");
    writeFileSync(file, '{"status":"UP","weight":9}');
    const env = { HAPGENT_IP: "127.0.0.1", HAPGENT_PORT: "0", HAPGENT_STATE_FILE: file };
    const outrider = await startOutrider(tidy, { env });
    const port = await outrider.port();
    outrider.signal("SIGUSR2");
    await outrider.says("state saved");
    expect(await answerOf(port)).toBe("DOWN 9%\n");
  });

  test("what a signal ordered is saved, also when the end follows at once", async () => {
    const file = join(await folder(tidy), "state.json");
    writeFileSync(file, '{"status":"UP"}');
    const { outrider } = await started(file);
    outrider.signal("SIGUSR2");
    outrider.signal("SIGTERM");
    expect(await outrider.ended).toMatchObject({ status: 0 });
    expect(readFileSync(file, "utf8")).toContain("DOWN");
  });
});

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folder } from "../../tools/folder.ts";
import { type OutriderProcess, runOutrider, startOutrider } from "../../tools/outrider.ts";
import { answerOf } from "../../tools/tcp.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";

const tidy = new Tidy();
const listen = "127.0.0.1:0";

async function started(web: object, stateDir?: string) {
  const config = { admin: { listen }, agents: { web: { kind: "haproxy", listen, ...web } } };
  const outrider = await startOutrider(tidy, { config, ...(stateDir !== undefined && { stateDir }) });
  const port = await outrider.port();
  const says = (line: string) => until(line, async () => (await answerOf(port)) === line);
  const ask = (action: string, input: object = {}) =>
    outrider.api(`/api/agents/web/actions/${action}`, input);
  return { outrider, says, ask };
}

async function stateFile(content: string): Promise<string> {
  const path = join(await folder(tidy), "state.json");
  writeFileSync(path, content);
  return path;
}

describe("actions", () => {
  test("change the state at its origin, the file", async () => {
    const file = await stateFile('{"status":"UP","weight":9}');
    const { says, ask } = await started({ from: { file } });
    for (const [action, status] of Object.entries({
      down: "DOWN",
      drain: "DRAIN",
      maint: "MAINT",
      ready: "READY",
    })) {
      await ask(action);
      await says(`${status} 9%\n`);
      await until("it is saved", () => JSON.parse(readFileSync(file, "utf8")).status === status);
    }
    await ask("set", { weight: 5, maxconn: 7 });
    await says("READY 5% maxconn:7\n");
    expect(await ask("set", { weight: 256 })).toMatchObject({ error: { code: "input_invalid" } });
  });

  test("without a file the state is remembered", async () => {
    const stateDir = await folder(tidy);
    const { outrider, says, ask } = await started({}, stateDir);
    await says("UP\n");
    await ask("set", { status: "DRAIN", weight: 3 });
    await says("DRAIN 3%\n");
    await outrider.stop();
    const again = await started({}, stateDir);
    await again.says("DRAIN 3%\n");
  });

  test("from the command line", async () => {
    const { outrider, says } = await started({});
    const { admin } = await outrider.says("outrider is running");
    const args = ["call", "web", "down", "for=10m", "reason=deploy", "--admin", `http://${admin}`];
    expect(await runOutrider(tidy, { args })).toMatchObject({ status: 0 });
    await says("DOWN\n");
  });
});

describe("an override", () => {
  test("holds for its time whatever the file says, and the file is left alone", async () => {
    const file = await stateFile('{"status":"UP","weight":9}');
    const { says, ask } = await started({ from: { file } });
    await ask("down", { for: "1500ms", reason: "deploy" });
    await says("DOWN 9%\n");
    await ask("reread");
    await says("DOWN 9%\n");
    expect(readFileSync(file, "utf8")).toBe('{"status":"UP","weight":9}');
    await says("UP 9%\n");
  });

  test("survives a restart, also one by force", async () => {
    const stateDir = await folder(tidy);
    const file = await stateFile('{"status":"UP"}');
    const web = { from: { file }, mode: "complete" };
    const before = await started(web, stateDir);
    await before.ask("maint", { for: "10m", reason: "disk" });
    await before.says("up maint 100% #disk\n");
    await until("it is remembered", () => remembers(before.outrider));
    before.outrider.signal("SIGKILL");
    await before.outrider.ended;
    const after = await started(web, stateDir);
    await after.says("up maint 100% #disk\n");
    await after.ask("clear");
    await after.says("up ready 100%\n");
  });

  test("is cleared when it is asked for", async () => {
    const { says, ask } = await started({});
    await ask("override", { status: "MAINT", weight: 1 });
    await says("MAINT 1%\n");
    await ask("clear");
    await says("UP\n");
  });
});

async function remembers(outrider: OutriderProcess): Promise<boolean> {
  const { parts } = await outrider.api<{ parts: { name: string; seen?: number; since: number }[] }>(
    "/api/agents/web",
  );
  const memory = parts.find(({ name }) => name === "memory");
  // It is up since it was loaded; saving is a later sign of life.
  return memory?.seen !== undefined && memory.seen > memory.since;
}

describe("a state file in mode `complete`", () => {
  test("is watched, keeps its last good state, and may give a reason", async () => {
    const file = await stateFile('{"status":"UP"}');
    const { outrider, says } = await started({ from: { file }, mode: "complete" });
    await says("up 100%\n");
    writeFileSync(file, '{"status":"DOWN","reason":"no disk"}');
    await says("down 100% #no disk\n");
    writeFileSync(file, "{broken");
    await outrider.says("state file cannot be used");
    await says("down 100% #no disk\n");
    writeFileSync(`${file}.new`, '{"status":"DRAIN","weight":4}');
    renameSync(`${file}.new`, file);
    await says("up drain 4%\n");
  });

  test("in hapgent's mode it is not watched, unless that is wanted", async () => {
    const file = await stateFile('{"status":"UP"}');
    const agents = {
      plain: { kind: "haproxy", listen, from: { file } },
      watcher: { kind: "haproxy", listen, from: { file: { path: file, watch: true } } },
    };
    const outrider = await startOutrider(tidy, { config: { admin: false, agents } });
    const [plain, watcher] = [await outrider.port("plain"), await outrider.port("watcher")];
    writeFileSync(file, '{"status":"DOWN"}');
    await until("the other one has noticed", async () => (await answerOf(watcher)) === "DOWN\n");
    expect(await answerOf(plain)).toBe("UP\n");
    await outrider.says("outrider is running");
    outrider.signal("SIGHUP");
    await until("it was told", async () => (await answerOf(plain)) === "DOWN\n");
  });
});

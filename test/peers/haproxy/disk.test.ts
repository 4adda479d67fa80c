import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { folder } from "../../tools/folder.ts";
import { describeIf, mayMount, unprivileged } from "../../tools/needs.ts";
import { type OutriderOptions, startOutrider } from "../../tools/outrider.ts";
import { answerOf } from "../../tools/tcp.ts";
import { Tidy } from "../../tools/tidy.ts";

const tidy = new Tidy();

/** A state file in a folder that everybody may enter. */
async function stateFile(content = '{"status":"DOWN","weight":9}'): Promise<string> {
  const path = join(await folder(tidy), "state.json");
  writeFileSync(path, content);
  chmodSync(dirname(path), 0o755);
  return path;
}

async function started(file: string, options: OutriderOptions = {}) {
  const env = { HAPGENT_IP: "127.0.0.1", HAPGENT_PORT: "0", HAPGENT_STATE_FILE: file };
  const outrider = await startOutrider(tidy, { env, ...options });
  await outrider.says("outrider is running");
  const port = await outrider.port();
  const signal = async (name: NodeJS.Signals, result: string) => {
    const from = outrider.lines.length;
    outrider.signal(name);
    return outrider.says(result, { from });
  };
  return { outrider, port, signal };
}

const UNSAVED = "state cannot be saved, it holds in memory";

describe("without permission", () => {
  test("a file and folder that are not ours: the state changes, why it is not saved is logged", async () => {
    const file = await stateFile();
    chmodSync(file, 0o444);
    chmodSync(dirname(file), 0o555);
    const { port, signal } = await started(file, unprivileged);
    expect(await answerOf(port)).toBe("DOWN 9%\n");
    const line = await signal("SIGUSR1", UNSAVED);
    expect(line).toMatchObject({ level: "error", path: file, reason: expect.stringContaining("EACCES") });
    expect(await answerOf(port)).toBe("UP 9%\n");
    expect(readFileSync(file, "utf8")).toBe('{"status":"DOWN","weight":9}');
    await signal("SIGHUP", "state file read");
    expect(await answerOf(port)).toBe("DOWN 9%\n");
    chmodSync(dirname(file), 0o755);
  });

  test("a folder that is not ours: the file is written in place, and stays the same file", async () => {
    const file = await stateFile('{"status":"DOWN","weight":9,"maxconn":12345}');
    chmodSync(dirname(file), 0o555);
    const { ino } = statSync(file);
    const { port, signal } = await started(file, unprivileged);
    await signal("SIGUSR1", "state saved");
    expect(await answerOf(port)).toBe("UP 9% maxconn:12345\n");
    expect(readFileSync(file, "utf8")).toBe('{\n  "status": "UP",\n  "weight": 9,\n  "maxconn": 12345\n}');
    writeFileSync(file, '{"status":"UP","weight":9,"maxconn":12345}'.padEnd(300));
    await signal("SIGUSR2", "state saved");
    expect(readFileSync(file, "utf8")).toBe('{\n  "status": "DOWN",\n  "weight": 9,\n  "maxconn": 12345\n}');
    expect(statSync(file).ino).toBe(ino);
    chmodSync(dirname(file), 0o755);
  });

  test("a file that may not be read is no file", async () => {
    const file = await stateFile();
    chmodSync(file, 0o200);
    const { outrider, port } = await started(file, unprivileged);
    const line = await outrider.says("state file cannot be used");
    expect(line).toMatchObject({ level: "error", path: file, reason: expect.stringContaining("EACCES") });
    expect(await answerOf(port)).toBe("FAIL\n");
  });

  test("no place for what outlives the process: it is said, and the service goes on", async () => {
    const file = await stateFile();
    chmodSync(dirname(file), 0o555);
    const { outrider, port } = await started(file, {
      ...unprivileged,
      stateDir: join(dirname(file), "none"),
    });
    await outrider.says("state folder cannot be used, nothing will outlive the process");
    expect(await answerOf(port)).toBe("DOWN 9%\n");
    chmodSync(dirname(file), 0o755);
  });
});

test("a missing folder is not made; the state changes, and is saved once the folder is there", async () => {
  const file = await stateFile();
  const { outrider, port, signal } = await started(file);
  rmSync(dirname(file), { recursive: true });
  await signal("SIGUSR1", UNSAVED);
  expect(await answerOf(port)).toBe("UP 9%\n");
  execFileSync("mkdir", [dirname(file)]);
  await signal("SIGUSR2", "state saved");
  expect(readFileSync(file, "utf8")).toContain("DOWN");
  expect((await outrider.stop()).status).toBe(0);
});

describe("a full disk", () => {
  test("by a device that is always full: the device stays one, the service goes on", async () => {
    const file = join(await folder(tidy), "state.json");
    symlinkSync("/dev/full", file);
    const { port, signal } = await started(file);
    expect(await answerOf(port)).toBe("FAIL\n");
    const line = await signal("SIGUSR1", UNSAVED);
    expect(line["reason"]).toContain("ENOSPC");
    expect(await answerOf(port)).toBe("UP\n");
    expect(statSync("/dev/full").isCharacterDevice()).toBe(true);
  });
});

describeIf(mayMount(), "this user may not mount a file system")("a file system without a free byte", () => {
  test("the file stays whole, the service goes on, and saves again when there is room", async () => {
    const place = await folder(tidy);
    const file = join(place, "state.json");
    // The mount lives in the child's own namespace, and ends with it.
    const script = `mount -t tmpfs -o size=64k tmpfs ${place} && printf '{"status":"DOWN"}' > ${file}
      cat /dev/zero > ${place}/rest 2>/dev/null; exec "$@"`;
    const { outrider, port, signal } = await started(file, {
      shell: `exec unshare --mount sh -c '${script.replaceAll("'", `'"'"'`)}' sh "$@"`,
    });
    const seen = `/proc/${outrider.pid}/root${place}`;
    expect(await answerOf(port)).toBe("DOWN\n");
    const line = await signal("SIGUSR1", UNSAVED);
    expect(line["reason"]).toContain("ENOSPC");
    expect(await answerOf(port)).toBe("UP\n");
    expect(readFileSync(join(seen, "state.json"), "utf8")).toBe('{"status":"DOWN"}');
    rmSync(join(seen, "rest"));
    await signal("SIGUSR1", "state saved");
    expect(readFileSync(join(seen, "state.json"), "utf8")).toContain("UP");
  });
});

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folder } from "../../test/tools/folder.ts";
import { Tidy } from "../../test/tools/tidy.ts";
import { until } from "../../test/tools/until.ts";
import { commandCheck, commandNumber } from "./checks.ts";
import { runCommand } from "./command.ts";

const tidy = new Tidy();
const forever = new AbortController().signal;

/** A signal that rings by itself, and when it did. */
function within(ms: number): AbortSignal {
  return AbortSignal.timeout(ms);
}

describe("a command", () => {
  test("is good where it ends with 0, else the last line is the reason", async () => {
    await expect(commandCheck(["true"])(forever)).resolves.toBeUndefined();
    const failing = commandCheck(["sh", "-c", "echo one; echo two; exit 3"]);
    await expect(failing(forever)).rejects.toThrow(/^two$/);
    await expect(commandCheck(["false"])(forever)).rejects.toThrow("false ended with 1");
    await expect(commandCheck(["/no/such/program"])(forever)).rejects.toThrow("ENOENT");
  });

  test("takes the number that is printed", async () => {
    expect(await commandNumber(["echo", "0.25"], forever)).toBe(0.25);
    await expect(commandNumber(["echo", "much"], forever)).rejects.toThrow("echo gave no number");
  });

  test("ends in time, and with it all that it started", async () => {
    const pidFile = join(await folder(tidy), "pid");
    const script = 'sleep 60 & echo $! > "$0"; wait';
    const began = performance.now();
    await expect(runCommand(["sh", "-c", script, pidFile], within(300))).rejects.toThrow(
      "did not end in time",
    );
    expect(performance.now() - began).toBeLessThan(5_000);
    const pid = Number(await until("its child is known", () => readPid(pidFile)));
    await until("its child is gone", () => isGone(pid));
  });

  test("is not begun to any effect when time is already up", async () => {
    const over = AbortSignal.abort();
    await expect(runCommand(["sleep", "60"], over)).rejects.toThrow("did not end in time");
  });
});

async function readPid(path: string): Promise<string | undefined> {
  return (await readFile(path, "utf8")).trim() || undefined;
}

/** Gone, or dead and not fetched yet by the one who should. */
async function isGone(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return true;
  }
  return (await readFile(`/proc/${pid}/stat`, "utf8")).includes(") Z ");
}

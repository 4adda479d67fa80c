import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folder } from "../../test/tools/folder.ts";
import { Tidy } from "../../test/tools/tidy.ts";
import { lockFolder } from "./lock.ts";

const tidy = new Tidy();

/** A process that lives until the test ends. */
async function sleeper() {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6); console.log('up')"]);
  tidy.later(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child;
}

/** The lock that a process would have written. */
function lockOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return `${pid} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]}\n`;
}

describe("lockFolder", () => {
  it("makes the folder, and gives the lock back", async () => {
    const path = join(await folder(tidy), "state");
    const unlock = lockFolder(path);
    expect(existsSync(join(path, "outrider.lock"))).toBe(true);
    unlock();
    unlock();
    expect(existsSync(join(path, "outrider.lock"))).toBe(false);
    lockFolder(path)();
  });

  it("refuses a second owner, in this process too", async () => {
    const path = await folder(tidy);
    lockFolder(path);
    expect(() => lockFolder(path)).toThrow(`the state folder ${path} is in use by process ${process.pid}`);
  });

  it("refuses a folder that a living process holds", async () => {
    const { pid } = await sleeper();
    const path = await folder(tidy);
    writeFileSync(join(path, "outrider.lock"), lockOf(pid!));
    expect(() => lockFolder(path)).toThrow(expect.objectContaining({ code: "state_in_use" }));
    expect(readFileSync(join(path, "outrider.lock"), "utf8")).toBe(lockOf(pid!));
  });

  it("takes over what a killed process left", async () => {
    const child = await sleeper();
    const path = await folder(tidy);
    writeFileSync(join(path, "outrider.lock"), lockOf(child.pid!));
    child.kill("SIGKILL");
    await once(child, "exit");
    lockFolder(path)();
  });

  it("takes over what an earlier process with the number of a living one left", async () => {
    const { pid } = await sleeper();
    const path = await folder(tidy);
    for (const earlier of [`${pid} 1\n`, `${process.pid} 1\n`]) {
      writeFileSync(join(path, "outrider.lock"), earlier);
      lockFolder(path)();
    }
  });

  it("takes over nonsense, but not what is being written this moment", async () => {
    const path = await folder(tidy);
    const lock = join(path, "outrider.lock");
    writeFileSync(lock, "nonsense");
    lockFolder(path)();
    writeFileSync(lock, "");
    expect(() => lockFolder(path)).toThrow("in use");
    utimesSync(lock, 1, 1);
    lockFolder(path)();
  });

  it("does not give back what somebody else has taken", async () => {
    const path = await folder(tidy);
    const unlock = lockFolder(path);
    writeFileSync(join(path, "outrider.lock"), "1 1\n");
    unlock();
    expect(existsSync(join(path, "outrider.lock"))).toBe(true);
  });

  it("lets the file system's own errors through", async () => {
    const path = join(await folder(tidy), "file");
    writeFileSync(path, "");
    expect(() => lockFolder(path)).toThrow(expect.objectContaining({ code: "EEXIST" }));
    mkdirSync(`${path}.d/outrider.lock`, { recursive: true });
    expect(() => lockFolder(`${path}.d`)).toThrow("cannot read the lock");
  });
});

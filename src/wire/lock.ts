import { closeSync, mkdirSync, openSync, readFileSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { ConfigProblem, errnoOf, messageOf } from "../core/problems.ts";

/**
 * Takes a folder for this process alone. A lock that a dead process left is taken over.
 * Throws ConfigProblem `state_in_use` if another process holds it; other errors are the file system's.
 * @returns a function that gives it back
 */
export function lockFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, "outrider.lock");
  if (!tryLock(path)) {
    const holder = holderOf(path);
    if (holder !== undefined && holder !== process.pid && isAlive(holder)) {
      throw new ConfigProblem("state_in_use", `the state folder ${folder} is in use by process ${holder}`);
    }
    unlinkSync(path);
    if (!tryLock(path)) throw new ConfigProblem("state_in_use", `the state folder ${folder} is in use`);
  }
  return () => {
    if (holderOf(path) === process.pid) unlinkSync(path);
  };
}

function tryLock(path: string): boolean {
  try {
    const file = openSync(path, "wx", 0o600);
    writeSync(file, `${process.pid}\n`);
    closeSync(file);
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  }
}

function holderOf(path: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(path, "utf8"), 10) || undefined;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw new ConfigProblem("state_in_use", `cannot read the lock ${path}: ${messageOf(error)}`);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === "EPERM";
  }
}

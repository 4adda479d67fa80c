import { closeSync, mkdirSync, openSync, readFileSync, statSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { ConfigProblem, errnoOf, messageOf } from "../core/problems.ts";

/** A lock without content is being taken this very moment, unless it is older than this, in milliseconds. */
const TAKING = 5_000;

/** Who holds a lock: a process, and what tells it from a later one with the same number. */
interface Holder {
  readonly pid: number;
  readonly mark: string;
}

/**
 * Takes a folder for one owner. A lock that a dead process left is taken over, also if its number has been given to
 * another process since, as happens after each restart of a container.
 * Throws ConfigProblem `state_in_use` if it is held; other errors are the file system's.
 * @returns a function that gives it back
 */
export function lockFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, "outrider.lock");
  const own = `${process.pid} ${markOf(process.pid) ?? ""}\n`;
  if (!tryLock(path, own)) {
    const held = holderOf(path);
    if (held !== undefined) throw inUse(folder, held);
    unlinkSync(path);
    if (!tryLock(path, own)) throw inUse(folder, "another process");
  }
  return () => {
    if (textOf(path) === own) unlinkSync(path);
  };
}

function inUse(folder: string, by: string): ConfigProblem {
  return new ConfigProblem("state_in_use", `the state folder ${folder} is in use by ${by}`);
}

function tryLock(path: string, own: string): boolean {
  try {
    const file = openSync(path, "wx", 0o600);
    writeSync(file, own);
    closeSync(file);
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** In words who holds the lock; undefined if nobody does any more. */
function holderOf(path: string): string | undefined {
  const text = textOf(path);
  if (text === "" && Date.now() - statSync(path).mtimeMs < TAKING) return "a process that begins";
  const [pid, mark = ""] = (text ?? "").trim().split(" ");
  const holder = { pid: Number(pid), mark };
  return Number.isInteger(holder.pid) && holder.pid > 0 && isAlive(holder) ? `process ${pid}` : undefined;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw new ConfigProblem("state_in_use", `cannot read the lock ${path}: ${messageOf(error)}`);
  }
}

function isAlive({ pid, mark }: Holder): boolean {
  const now = markOf(pid);
  if (now !== undefined) return now === mark;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === "EPERM";
  }
}

/** When a process began, in the kernel's count. undefined where that cannot be seen: it is gone, or this is not Linux. */
function markOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is a name in brackets that may hold anything; the begin is the 22nd field.
    const [state, ...more] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" ? "ended" : more[18];
  } catch {
    return undefined;
  }
}

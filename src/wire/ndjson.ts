import { access, constants, type FileHandle, mkdir, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Sink } from "../core/delivery.ts";
import { errnoOf, LinkProblem, messageOf, RejectedProblem } from "../core/problems.ts";
import { inTurn } from "./path-turns.ts";

/** The value of a line of NDJSON. Throws RejectedProblem for a line that is no JSON, so that it is set aside. */
export function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new RejectedProblem("item_refused", `the line is no JSON: ${messageOf(cause)}`, { cause });
  }
}

export interface FileSinkOptions {
  readonly path: string;
  /** Whether each write is on the disk before it counts. Default false: see `FileSink`. */
  readonly sync?: boolean;
}

/**
 * Appends items to a file, one line of JSON each. The file is opened for each write, so that it may be rotated at any
 * time; it and its folder are made where they are missing.
 *
 * What `write` has resolved is with the operating system: it survives the end of the process, `kill -9` included,
 * but not a power cut, unless `sync` is given. A write that the disk cut short is told as a problem and its items
 * are written once more; the half line before them stays behind as a line of its own.
 */
export class FileSink<T> implements Sink<T> {
  readonly #path: string;
  readonly #sync: boolean;

  constructor({ path, sync = false }: FileSinkOptions) {
    this.#path = path;
    this.#sync = sync;
  }

  async write(items: readonly T[], signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw this.#problem("told to stop before");
    const text = items.map((item) => `${JSON.stringify(item)}\n`).join("");
    try {
      await inTurn(this.#path, () => this.#put(text));
    } catch (error) {
      throw this.#problem(messageOf(error), error);
    }
  }

  async probe(): Promise<void> {
    try {
      await tryToWrite(this.#path);
    } catch (error) {
      throw this.#problem(messageOf(error), error);
    }
  }

  async #put(text: string): Promise<void> {
    const file = await this.#open();
    await this.#append(file, text).finally(() => file.close());
  }

  async #open(): Promise<FileHandle> {
    try {
      return await open(this.#path, "a+", 0o600);
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") throw error;
      await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
      return open(this.#path, "a+", 0o600);
    }
  }

  async #append(file: FileHandle, text: string): Promise<void> {
    await file.appendFile((await isCut(file)) ? `\n${text}` : text);
    if (this.#sync) await file.datasync();
  }

  #problem(why: string, cause?: unknown): LinkProblem {
    return new LinkProblem("state_unwritable", `cannot write ${this.#path}: ${why}`, { cause });
  }
}

/** Throws what appending to a file would throw, without making it: where it is missing, its folder has to take it. */
async function tryToWrite(path: string): Promise<void> {
  try {
    const file = await open(path, constants.O_WRONLY | constants.O_APPEND);
    await file.close();
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
    await access(await nearestFolder(path), constants.W_OK);
  }
}

async function nearestFolder(path: string): Promise<string> {
  const folder = dirname(path);
  return folder === path || (await stat(folder).catch(() => undefined)) ? folder : nearestFolder(folder);
}

/** Whether the file ends within a line. */
async function isCut(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return false;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] !== 0x0a;
}

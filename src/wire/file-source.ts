import type { Stats } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { Bell } from "../core/bell.ts";
import type { Delivery, Outcome } from "../core/delivery.ts";
import type { Feed, Link } from "../core/feed.ts";
import { later, onAbort, Within } from "../core/life.ts";
import { LinkProblem, messageOf } from "../core/problems.ts";
import { Progress } from "../core/progress.ts";
import type { Snapshot } from "../core/revision.ts";
import { changes } from "./file.ts";
import { type Line, LineReader } from "./lines.ts";
import { nowhere } from "./snapshot.ts";

/** How far a file is settled: which file, and how many bytes of it. */
export interface Mark {
  /** Device, inode and time of birth: another file of the same name is read from its begin, also on an old inode. */
  readonly file: string;
  readonly offset: number;
}

export interface FileSourceOptions {
  readonly path: string;
  /** Whether to wait for more at the end of the file, as `tail -F` does. Default false. */
  readonly follow?: boolean;
  /** Where it is remembered how far the file is settled. Default: only in this object. */
  readonly snapshot?: Snapshot<Mark>;
}

/** How often the mark is saved, in milliseconds. After `kill -9`, what was settled since comes once more. */
const PACE = 1_000;

/** A line that is out, and how to say that it is settled. */
interface Out {
  readonly line: Line;
  readonly end: () => void;
}

/**
 * A file as a source of work: a delivery for each line that is not empty, in order. It remembers up to where all
 * lines are settled, and begins there when it is opened again.
 *
 * At the end of the file, once everything is settled, the link ends; with `follow` it waits for more lines, and for
 * another file in the place of this one, which is begun when all of this one is settled.
 */
export class FileSource implements Feed<Delivery<string>> {
  readonly #options: FileSourceOptions;
  readonly #snapshot: Snapshot<Mark>;
  #mark: Mark | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: FileSourceOptions) {
    this.#options = options;
    this.#snapshot = options.snapshot ?? nowhere;
  }

  async *open(link: Link<Delivery<string>>): AsyncGenerator<Delivery<string>> {
    this.#mark ??= (await this.#snapshot.load().catch(() => undefined))?.data;
    const within = new Within(link.signal);
    try {
      do {
        yield* this.#readFile(link, within.signal);
      } while (this.#options.follow && !within.signal.aborted);
    } finally {
      within.end();
      await this.#save();
    }
  }

  async probe(): Promise<void> {
    const file = await this.#openFile();
    await file.close();
  }

  /** Reads one file to its end, or, following it, until another one has taken its place. */
  async *#readFile(link: Link<Delivery<string>>, signal: AbortSignal): AsyncGenerator<Delivery<string>> {
    const file = await this.#openFile();
    const bell = new Bell();
    const within = new Within(signal);
    const forget = onAbort(within.signal, () => bell.ring());
    const watching = this.#options.follow ? watch(this.#options.path, bell, within.signal) : undefined;
    try {
      link.up();
      yield* this.#readLines(file, bell, within.signal);
    } finally {
      forget();
      within.end();
      await watching;
      await file.close();
    }
  }

  async *#readLines(file: FileHandle, bell: Bell, signal: AbortSignal): AsyncGenerator<Delivery<string>> {
    const { id, begin } = await this.#beginOf(file);
    const reader = new LineReader(file, begin);
    const progress = new Progress(begin);
    const again: Out[] = [];
    // A line whose end is not written yet is one only if nobody will go on writing it.
    let ended = !this.#options.follow;
    const settled = (end: () => boolean) => () => {
      if (signal.aborted) return;
      if (end()) this.#settled({ file: id, offset: progress.position });
      bell.ring();
    };
    while (!signal.aborted) {
      const retried = again.shift();
      const line = retried?.line ?? (await reader.next()) ?? (ended ? reader.rest() : undefined);
      if (signal.aborted) return;
      if (line?.text === "") settled(progress.begin(line.next))();
      else if (line) {
        const out = retried ?? { line, end: settled(progress.begin(line.next)) };
        yield delivery(out, again, bell);
      } else if (progress.open > 0) await bell.rung();
      else if (ended) return;
      else if (await this.#isReplaced(id, reader.offset)) ended = true;
      else await bell.rung();
    }
  }

  async #beginOf(file: FileHandle): Promise<{ id: string; begin: number }> {
    const stats = await file.stat();
    const { size } = stats;
    const id = idOf(stats);
    const known = this.#mark?.file === id ? this.#mark.offset : 0;
    return { id, begin: known <= size ? known : 0 };
  }

  /** Whether another file stands there now, or this one was cut to begin anew. */
  async #isReplaced(id: string, offset: number): Promise<boolean> {
    try {
      const stats = await stat(this.#options.path);
      return idOf(stats) !== id || stats.size < offset;
    } catch {
      // Between two files there may be none.
      return false;
    }
  }

  async #openFile(): Promise<FileHandle> {
    const { path } = this.#options;
    try {
      return await open(path, "r");
    } catch (error) {
      throw new LinkProblem("file_missing", `cannot read ${path}: ${messageOf(error)}`, { cause: error });
    }
  }

  #settled(mark: Mark): void {
    this.#mark = mark;
    this.#timer ??= later(PACE, () => void this.#save());
  }

  /** If it cannot be saved, nothing is lost: some lines would come once more. */
  async #save(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const mark = this.#mark;
    if (mark) await this.#snapshot.save({ version: String(mark.offset), data: mark }).catch(() => {});
  }
}

/** A file system gives the inode of a file that was removed to the next one. */
function idOf({ dev, ino, birthtimeMs }: Stats): string {
  return `${dev}:${ino}:${birthtimeMs}`;
}

function delivery(out: Out, again: Out[], bell: Bell): Delivery<string> {
  const { text } = out.line;
  let settled = false;
  const settle = (outcome: Outcome) => {
    if (settled) return;
    settled = true;
    if (outcome !== "retry") out.end();
    else {
      again.push(out);
      bell.ring();
    }
  };
  return { value: text, bytes: Buffer.byteLength(text), settle };
}

async function watch(path: string, bell: Bell, signal: AbortSignal): Promise<void> {
  for await (const _ of changes(path, signal)) bell.ring();
}

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { later } from "../core/life.ts";
import { Progress } from "../core/progress.ts";
import type { AppendLog, Position } from "./append-log.ts";
import { writeAtomically } from "./atomic.ts";

/** How often the cursor is saved, in milliseconds. After `kill -9`, what was settled since comes once more. */
const PACE = 200;

/** Remembers up to where every record of a log is settled, and lets go of what lies before. */
export class Cursor {
  readonly #path: string;
  readonly #log: AppendLog;
  readonly #progress: Progress<Position>;
  #saved: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  private constructor(path: string, log: AppendLog, position: Position) {
    this.#path = path;
    this.#log = log;
    this.#progress = new Progress(position);
  }

  /** Opens the cursor of a log where it was saved last, or at the log's begin. */
  static async open(folder: string, log: AppendLog): Promise<Cursor> {
    const path = join(folder, "cursor");
    const position = saved(await readFile(path, "utf8").catch(() => "")) ?? log.first;
    // The log may have lost its end in a power cut that the cursor survived.
    const cursor = new Cursor(path, log, isBefore(position, log.end) ? position : log.end);
    await cursor.#letGo();
    return cursor;
  }

  get position(): Position {
    return this.#progress.position;
  }

  /**
   * A record is delivered; the next one begins at `next`.
   * @returns a function that says it is settled; without effect once the cursor is closed: then it comes again
   */
  begin(next: Position): () => void {
    const end = this.#progress.begin(next);
    return () => {
      if (this.#closed || !end()) return;
      this.#timer ??= later(PACE, () => void this.#save().then(() => this.#letGo()));
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#save();
  }

  #save(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = JSON.stringify(this.position);
    // If it cannot be saved, nothing is lost: some items would come once more after a crash.
    this.#saved = this.#saved.then(() => writeAtomically(this.#path, [text])).catch(() => {});
    return this.#saved;
  }

  /** What cannot be removed now is removed with the next, or when the cursor is opened again. */
  async #letGo(): Promise<void> {
    if (!this.#closed) await this.#log.dropBefore(this.position).catch(() => {});
  }
}

function saved(text: string): Position | undefined {
  try {
    const { segment, offset } = JSON.parse(text) as Partial<Position>;
    return Number.isInteger(segment) && Number.isInteger(offset)
      ? ({ segment, offset } as Position)
      : undefined;
  } catch {
    return undefined;
  }
}

function isBefore(one: Position, other: Position): boolean {
  return one.segment < other.segment || (one.segment === other.segment && one.offset < other.offset);
}

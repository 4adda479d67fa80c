import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { later } from "../core/life.ts";
import type { AppendLog, Position } from "./append-log.ts";
import { writeAtomically } from "./atomic.ts";

/** How often the cursor is saved, in milliseconds. After `kill -9`, what was settled since comes once more. */
const PACE = 200;

/** Remembers up to where every record of a log is settled, and lets go of what lies before. */
export class Cursor {
  readonly #path: string;
  readonly #log: AppendLog;
  /** Records that were delivered, in order, and whether they are settled. */
  readonly #open = new Map<string, { next: Position; settled: boolean }>();
  #saved: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  position: Position;

  private constructor(path: string, log: AppendLog, position: Position) {
    this.#path = path;
    this.#log = log;
    this.position = position;
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

  begin(at: Position, next: Position): void {
    this.#open.set(keyOf(at), { next, settled: false });
  }

  /** A record is settled. Without effect once the cursor is closed: then it comes again. */
  end(at: Position): void {
    const record = this.#open.get(keyOf(at));
    if (!record || this.#closed) return;
    record.settled = true;
    const before = this.position;
    for (const [key, { next, settled }] of this.#open) {
      if (!settled) break;
      this.position = next;
      this.#open.delete(key);
    }
    if (this.position !== before)
      this.#timer ??= later(PACE, () => void this.#save().then(() => this.#letGo()));
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

function keyOf({ segment, offset }: Position): string {
  return `${segment}:${offset}`;
}

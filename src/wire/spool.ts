import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { SpoolLimits } from "../core/agent.ts";
import { backoff } from "../core/backoff.ts";
import { Bell } from "../core/bell.ts";
import type { Delivery, Outcome } from "../core/delivery.ts";
import { type Feed, follow, type Link } from "../core/feed.ts";
import type { Part } from "../core/health.ts";
import { unless, Within } from "../core/life.ts";
import { LinkProblem, messageOf, RejectedProblem } from "../core/problems.ts";
import { AppendLog, type Position } from "./append-log.ts";
import { writeAtomically } from "./atomic.ts";

export interface SpoolOptions extends SpoolLimits {
  readonly folder: string;
  /** The health of the link to the wrapped feed, which breaks and heals while the spool goes on. */
  readonly link: Part;
}

/** How often the cursor is saved, in milliseconds. After `kill -9`, what was settled since comes once more. */
const CURSOR_PACE = 200;

/**
 * A feed wrapped in a durable local queue, for sources that cannot wait. An item is settled at its source as soon
 * as it is on disk; from there it is delivered in order, and again until it is settled. When the limit is reached,
 * the oldest items go first, and are counted.
 */
export class Spool<T> implements Feed<Delivery<T>> {
  readonly #feed: Feed<Delivery<T>>;
  readonly #options: SpoolOptions;
  /** Bytes that were let go because the spool was full. */
  lostBytes = 0;

  constructor(feed: Feed<Delivery<T>>, options: SpoolOptions) {
    this.#feed = feed;
    this.#options = options;
  }

  async *open(link: Link<Delivery<T>>): AsyncGenerator<Delivery<T>> {
    const { folder, bytes } = this.#options;
    const news = new Bell();
    const segmentBytes = Math.max(64 * 1024, Math.floor(bytes / 8));
    const log = await AppendLog.open(folder, { segmentBytes, grown: () => news.ring() });
    const cursor = new Cursor(join(folder, "cursor"), (await savedCursor(folder)) ?? log.first);
    const within = new Within(link.signal);
    let failure: unknown;
    const filling = this.#fill(log, within.signal).catch((error: unknown) => {
      failure = error;
      within.end();
    });
    try {
      link.up();
      yield* this.#drain(log, cursor, news, within.signal);
    } finally {
      within.end();
      await filling;
      await cursor.save();
      await log.close();
    }
    if (failure !== undefined) throw failure;
  }

  async probe(signal: AbortSignal): Promise<void> {
    await this.#feed.probe?.(signal);
  }

  /** From the source to the disk. */
  async #fill(log: AppendLog, signal: AbortSignal): Promise<void> {
    const { link, bytes } = this.#options;
    for await (const delivery of follow(this.#feed, {
      signal,
      part: link,
      backoff: backoff("exponential-jitter"),
    })) {
      try {
        await log.append(Buffer.from(JSON.stringify(delivery.value)));
      } catch (error) {
        throw new LinkProblem("state_unwritable", `cannot write to the spool: ${messageOf(error)}`, {
          cause: error,
        });
      }
      await delivery.settle("done");
      if (log.bytes > bytes) await this.#letGo(log);
    }
  }

  async #letGo(log: AppendLog): Promise<void> {
    const before = log.bytes;
    await log.dropBefore({ segment: log.first.segment + 1, offset: 0 });
    if (log.bytes === before) return;
    this.lostBytes += before - log.bytes;
    const lost = `the spool is full, ${this.lostBytes} bytes of the oldest items were let go so far`;
    this.#options.link.down(new RejectedProblem("spool_full", lost));
  }

  /** From the disk to the pipeline. */
  async *#drain(
    log: AppendLog,
    cursor: Cursor,
    news: Bell,
    signal: AbortSignal,
  ): AsyncGenerator<Delivery<T>> {
    let at = cursor.position;
    const again: Position[] = [];
    while (!signal.aborted) {
      const retried = again.shift();
      const record = await log.read(retried ?? at);
      if (!record) {
        await unless(signal, news.rung());
        continue;
      }
      if (!retried) {
        at = record.next;
        cursor.begin(record.at, record.next);
      }
      const settle = once((outcome) => {
        if (outcome !== "retry") return cursor.end(record.at, (position) => log.dropBefore(position));
        again.push(record.at);
        news.ring();
      });
      yield { value: JSON.parse(record.payload.toString("utf8")) as T, bytes: record.payload.length, settle };
    }
  }
}

/** Remembers up to where everything is settled. */
class Cursor {
  readonly #path: string;
  /** Records that were delivered, in order, and whether they are settled. */
  readonly #open = new Map<string, { next: Position; settled: boolean }>();
  #saved: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  position: Position;

  constructor(path: string, position: Position) {
    this.#path = path;
    this.position = position;
  }

  begin(at: Position, next: Position): void {
    this.#open.set(keyOf(at), { next, settled: false });
  }

  end(at: Position, passed: (position: Position) => Promise<void>): void {
    const record = this.#open.get(keyOf(at));
    if (record) record.settled = true;
    const before = this.position;
    for (const [key, { next, settled }] of this.#open) {
      if (!settled) break;
      this.position = next;
      this.#open.delete(key);
    }
    if (this.position === before) return;
    this.#timer ??= setTimeout(() => void this.save().then(() => passed(this.position)), CURSOR_PACE);
  }

  save(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = JSON.stringify(this.position);
    // If it cannot be saved, nothing is lost: some items would come once more after a crash.
    this.#saved = this.#saved.then(() => writeAtomically(this.#path, [text])).catch(() => {});
    return this.#saved;
  }
}

async function savedCursor(folder: string): Promise<Position | undefined> {
  const text = await readFile(join(folder, "cursor"), "utf8").catch(() => "");
  return text === "" ? undefined : (JSON.parse(text) as Position);
}

function once(settle: (outcome: Outcome) => void): (outcome: Outcome) => void {
  let settled = false;
  return (outcome) => {
    if (settled) return;
    settled = true;
    settle(outcome);
  };
}

function keyOf({ segment, offset }: Position): string {
  return `${segment}:${offset}`;
}

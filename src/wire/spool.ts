import type { SpoolLimits } from "../core/agent.ts";
import { backoff } from "../core/backoff.ts";
import { Bell } from "../core/bell.ts";
import type { Delivery, Outcome } from "../core/delivery.ts";
import { type Feed, follow, type Link } from "../core/feed.ts";
import type { Part } from "../core/health.ts";
import { sleep, unless, Within } from "../core/life.ts";
import { LinkProblem, messageOf, Problem, RejectedProblem } from "../core/problems.ts";
import { AppendLog, type Position } from "./append-log.ts";
import { Cursor } from "./cursor.ts";
import { Reading } from "./reading.ts";
import { Room } from "./room.ts";

export interface SpoolOptions<T = unknown> extends Omit<SpoolLimits<T>, "name"> {
  readonly folder: string;
  /** The health of the link to the wrapped feed, which breaks and heals while the spool goes on. */
  readonly link: Part;
}

/** The pause between two tries, after a link broke or the disk refused a record. */
const waits = backoff("exponential-jitter");

/**
 * A feed wrapped in a durable local queue, for sources that cannot wait. An item is settled at its source as soon
 * as it is on disk; from there it is delivered in order, and again until it is settled. When the limit is reached,
 * what nobody insists on goes first, then the oldest, and it is counted.
 */
export class Spool<T> implements Feed<Delivery<T>> {
  readonly #feed: Feed<Delivery<T>>;
  readonly #options: SpoolOptions<T>;
  #log: AppendLog | undefined;
  /** Bytes that were let go because the spool was full. */
  lostBytes = 0;
  #full = false;

  constructor(feed: Feed<Delivery<T>>, options: SpoolOptions<T>) {
    this.#feed = feed;
    this.#options = options;
  }

  /** The most bytes it may take on disk. */
  get limit(): number {
    return this.#options.bytes;
  }

  /** Bytes on disk: what waits, and what was settled since the last piece was let go. undefined while it is not open. */
  get bytes(): number | undefined {
    return this.#log?.bytes;
  }

  async *open(link: Link<Delivery<T>>): AsyncGenerator<Delivery<T>> {
    const news = new Bell();
    const log = await this.#openLog(news);
    const cursor = await Cursor.open(this.#options.folder, log);
    this.#log = log;
    const reading = new Reading(log, cursor.position);
    const { segmentBytes } = this;
    const room = new Room<T>({ ...this.#options, log, segmentBytes, read: () => reading.at });
    const within = new Within(link.signal);
    let failure: unknown;
    const filling = this.#fill(log, () => reading.alone(() => room.make()), within.signal).catch(
      (error: unknown) => {
        failure = error;
        within.end();
      },
    );
    try {
      link.up();
      yield* this.#drain(reading, cursor, news, within.signal);
    } finally {
      within.end();
      await filling;
      this.#log = undefined;
      await cursor.close();
      await log.close();
    }
    if (failure !== undefined) throw failure;
  }

  async probe(signal: AbortSignal): Promise<void> {
    await this.#feed.probe?.(signal);
  }

  /**
   * Small enough that letting the oldest go costs little, large enough that there are not many files; and always
   * several, because the one that is being written is never let go.
   */
  get segmentBytes(): number {
    const { bytes } = this.#options;
    return Math.floor(Math.max(Math.min(4 * 1024, bytes / 2), bytes / 8));
  }

  async #openLog(news: Bell): Promise<AppendLog> {
    const { segmentBytes } = this;
    const heard = { grown: () => news.ring(), shrunk: (bytes: number) => this.#roomy(bytes) };
    try {
      return await AppendLog.open(this.#options.folder, { segmentBytes, ...heard });
    } catch (error) {
      throw unwritable(error);
    }
  }

  /** From the source to the disk. */
  async #fill(log: AppendLog, makeRoom: () => Promise<number>, signal: AbortSignal): Promise<void> {
    const { link } = this.#options;
    for await (const delivery of follow(this.#feed, { signal, part: link, backoff: waits })) {
      if (await this.#refuses(log, delivery)) continue;
      if (!(await this.#store(log, delivery, signal))) continue;
      await taken(delivery);
      await this.#letGo(log, makeRoom);
    }
  }

  async #refuses(log: AppendLog, delivery: Delivery<T>): Promise<boolean> {
    const { full, bytes, link } = this.#options;
    if (full !== "refuse" || log.bytes < bytes) return false;
    const problem = new RejectedProblem("spool_full", `the spool is full: ${log.bytes} bytes wait in it`);
    link.down(problem);
    await delivery.settle("retry", problem);
    return true;
  }

  /** @returns false if the disk does not take it and its source may be told so, or if the signal rang before it does */
  async #store(log: AppendLog, delivery: Delivery<T>, signal: AbortSignal): Promise<boolean> {
    const { link, full } = this.#options;
    const payload = Buffer.from(JSON.stringify(delivery.value));
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        await log.append(payload);
        link.up();
        return true;
      } catch (error) {
        const problem = unwritable(error);
        // What is settled makes room only once the segment it stands in is no longer written.
        await log.roll().catch(() => {});
        if (full === "refuse") {
          link.down(problem);
          await delivery.settle("retry", problem);
          return false;
        }
        // The source waits, or loses what it cannot keep; what is spooled goes on being delivered, which makes room.
        const wait = waits(failures);
        link.down(problem, Date.now() + wait);
        await sleep(wait, signal);
      }
    }
    return false;
  }

  async #letGo(log: AppendLog, makeRoom: () => Promise<number>): Promise<void> {
    const { full, bytes, link, room } = this.#options;
    // Who is refused beyond the limit was promised that what is within it stays.
    if (full === "refuse" || log.bytes <= bytes) return;
    const freed = await makeRoom();
    if (freed === 0) return;
    this.lostBytes += freed;
    this.#full = true;
    const lost = `the spool is full, ${this.lostBytes} bytes of older items were let go so far`;
    (room?.() ?? link).down(new RejectedProblem("spool_full", lost));
  }

  /** What was let go is past once there is room for a while. */
  #roomy(left: number): void {
    const { bytes, room } = this.#options;
    if (!this.#full || left > bytes / 2) return;
    this.#full = false;
    room?.().up();
  }

  /** From the disk to the pipeline. */
  async *#drain(
    reading: Reading,
    cursor: Cursor,
    news: Bell,
    signal: AbortSignal,
  ): AsyncGenerator<Delivery<T>> {
    const again: Out<T>[] = [];
    while (!signal.aborted) {
      const retried = again.shift();
      const record = retried ? await reading.once(retried.at) : await reading.next();
      if (signal.aborted) return;
      if (retried && record) yield this.#deliver(record.payload, retried, again, news);
      else if (retried) {
        // It was let go because the spool is full.
        retried.end();
        this.#options.lost?.(retried.value!, undefined);
      } else if (record) {
        const out = { at: record.at, end: cursor.begin(record.next) };
        yield this.#deliver(record.payload, out, again, news);
      } else await unless(signal, news.rung());
    }
  }

  #deliver(payload: Buffer, out: Out<T>, again: Out<T>[], news: Bell): Delivery<T> {
    const value = JSON.parse(payload.toString("utf8")) as T;
    let settled = false;
    const settle = (outcome: Outcome): void => {
      if (settled) return;
      settled = true;
      if (outcome === "retry") {
        again.push({ ...out, value });
        news.ring();
      } else out.end();
    };
    return { value, bytes: payload.length, settle };
  }
}

/** A record that is out, and how to say that it is settled. */
interface Out<T> {
  readonly at: Position;
  readonly end: () => void;
  /** Once it was delivered. */
  readonly value?: T;
}

/** The item is ours now. If its source cannot be told, it gives it once more. */
async function taken<T>(delivery: Delivery<T>): Promise<void> {
  try {
    await delivery.settle("done");
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
}

function unwritable(error: unknown): LinkProblem {
  return new LinkProblem("state_unwritable", `cannot write to the spool: ${messageOf(error)}`, {
    cause: error,
  });
}

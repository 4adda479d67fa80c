import { Bell } from "../../core/bell.ts";
import type { Delivery, Outcome } from "../../core/delivery.ts";
import type { Feed, Link } from "../../core/feed.ts";
import { sleep } from "../../core/life.ts";
import type { RedisBroker } from "./broker-url.ts";
import { type Dialled, dial, redisProblem } from "./dial.ts";

/** The pause before entries come again that could not be passed on, in milliseconds. */
const AGAIN = 500;

export interface RedisListsOptions {
  readonly broker: RedisBroker;
  /** Keys of lists, whose tails are their oldest ends. */
  readonly keys: readonly string[];
  /** So many are taken at once, and removed at once when all of them are settled. */
  readonly chunk: number;
}

/**
 * What lies in lists of Redis, oldest first, as a source of work that ends when they are empty. An entry stays in its
 * list until it is settled. Nobody else may take from these lists; others may add to their heads.
 */
export class RedisLists implements Feed<Delivery<string>> {
  readonly #options: RedisListsOptions;

  constructor(options: RedisListsOptions) {
    this.#options = options;
  }

  async *open({ signal, up }: Link<Delivery<string>>): AsyncGenerator<Delivery<string>> {
    if (signal.aborted) return;
    const dialled = await dial(this.#options.broker, signal);
    try {
      up();
      for (const key of this.#options.keys) yield* this.#entries(dialled, key, signal);
    } finally {
      dialled.close();
    }
  }

  /** How many there are. Throws a Problem. */
  async count(signal: AbortSignal): Promise<number> {
    const counts = await this.#each(["LLEN"], signal);
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** Lets go of all of them, unread. Throws a Problem. */
  async discard(signal: AbortSignal): Promise<void> {
    await this.#each(["UNLINK"], signal);
  }

  async #each(words: readonly string[], signal: AbortSignal): Promise<number[]> {
    const dialled = await dial(this.#options.broker, signal);
    try {
      const asked = this.#options.keys.map((key) => command(dialled, [...words, key]));
      return (await Promise.all(asked)).map(Number);
    } finally {
      dialled.close();
    }
  }

  async *#entries(dialled: Dialled, key: string, signal: AbortSignal): AsyncGenerator<Delivery<string>> {
    while (!signal.aborted) {
      const range = ["LRANGE", key, String(-this.#options.chunk), "-1"];
      const entries = ((await command(dialled, range)) as string[]).reverse();
      if (entries.length === 0) return;
      const chunk = new Chunk(entries.length);
      for (const [index, entry] of entries.entries()) {
        if (signal.aborted) break;
        yield { value: entry, bytes: Buffer.byteLength(entry), settle: chunk.part(index) };
      }
      await chunk.settled(signal);
      await cut(dialled, key, entries, chunk.close());
      if (chunk.retried) await sleep(AGAIN, signal);
    }
  }
}

/** Entries that are out together, the oldest first. */
class Chunk {
  retried = false;
  readonly #bell = new Bell();
  readonly #settled: (Outcome | undefined)[];
  #open: number;

  constructor(size: number) {
    this.#settled = new Array(size).fill(undefined);
    this.#open = size;
  }

  /** @returns how one of them is settled */
  part(index: number): (outcome: Outcome) => void {
    return (outcome) => {
      if (this.#settled[index] !== undefined) return;
      this.#settled[index] = outcome;
      this.retried ||= outcome === "retry";
      if (--this.#open === 0) this.#bell.ring();
    };
  }

  async settled(signal: AbortSignal): Promise<void> {
    while (this.#open > 0 && !signal.aborted) await this.#bell.rung(signal);
  }

  /** Takes no settling any more. @returns of each whether it has to come again */
  close(): boolean[] {
    const again = this.#settled.map((outcome) => outcome === undefined || outcome === "retry");
    this.#settled.fill("retry");
    return again;
  }
}

/** Takes the oldest entries out of their list, except for those that have to come again. */
async function cut(
  dialled: Dialled,
  key: string,
  entries: readonly string[],
  again: readonly boolean[],
): Promise<void> {
  const left = entries.filter((_, index) => again[index]);
  if (left.length === entries.length) return;
  const words = [["MULTI"], ["LTRIM", key, "0", String(-entries.length - 1)]];
  if (left.length > 0) words.push(["RPUSH", key, ...left.reverse()]);
  // Nobody else speaks on this connection, so all of it is one transaction.
  await Promise.all([...words, ["EXEC"]].map((each) => command(dialled, each)));
}

async function command({ client, where }: Dialled, words: readonly string[]): Promise<unknown> {
  try {
    return (await client.sendCommand([...words])) as unknown;
  } catch (error) {
    throw redisProblem(error, where);
  }
}

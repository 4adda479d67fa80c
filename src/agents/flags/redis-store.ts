import { backoff } from "../../core/backoff.ts";
import { Bell } from "../../core/bell.ts";
import type { Part } from "../../core/health.ts";
import { onAbort, sleep, Within } from "../../core/life.ts";
import { messageOf, Problem, RejectedProblem } from "../../core/problems.ts";
import type { Revision } from "../../core/revision.ts";
import type { RedisAddress } from "../../wire/redis/address.ts";
import { openRedis, type RedisConnection } from "../../wire/redis/connection.ts";
import type { DataSet } from "./model.ts";
import { type RedisKeys, redisKeys } from "./redis-keys.ts";
import { readAll } from "./redis-read.ts";
import { RedisWriter } from "./redis-write.ts";
import { dataVersion } from "./version.ts";

export interface RedisStoreOptions {
  readonly address: RedisAddress;
  readonly prefix: string;
  /** Who writes, as the others are told. */
  readonly origin: string;
  readonly part: Part;
  /** What is to stand there. */
  held(): DataSet;
  /** Whether it is ours to write; with one elected writer it is not always. */
  writes(): boolean;
}

/** How long a start may wait for what Redis has kept, in milliseconds. */
const LOAD = 3_000;
const waits = backoff("exponential-jitter", { base: 500, max: 5_000 });

/**
 * A copy of the data in Redis, for agents that start and for agents that follow. Serving always reads from memory, so
 * a Redis that is away costs nothing; when it is back, all of it is written again, as it may have forgotten.
 */
export class RedisStore {
  readonly #options: RedisStoreOptions;
  readonly #keys: RedisKeys;
  readonly #bell = new Bell();

  constructor(options: RedisStoreOptions) {
    this.#options = options;
    this.#keys = redisKeys(options.prefix);
  }

  /** What stands there; undefined if nothing ever did. Throws a Problem, soon, if it cannot be read. */
  async load(): Promise<Revision<DataSet> | undefined> {
    const within = new Within(new AbortController().signal, LOAD);
    const { part, address } = this.#options;
    let redis: RedisConnection | undefined;
    try {
      redis = await openRedis(address, within.signal);
      const environments = await readAll(redis, this.#keys);
      part.up();
      if (!environments) return undefined;
      return { version: `${dataVersion({ environments })}.0`, data: { environments } };
    } catch (error) {
      if (error instanceof Problem) throw error;
      throw new RejectedProblem("data_refused", `what Redis kept cannot be used: ${messageOf(error)}`);
    } finally {
      within.release();
      redis?.end();
    }
  }

  /** There is something new to be written, or it is ours to write now. */
  changed(): void {
    this.#bell.ring();
  }

  async run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      try {
        const redis = await openRedis(this.#options.address, signal);
        try {
          await this.#write(redis, signal, () => {
            failures = 0;
          });
        } finally {
          redis.end();
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof Problem)) throw error;
        const wait = waits(failures++);
        this.#options.part.down(error, Date.now() + wait);
        await sleep(wait, signal);
      }
    }
  }

  /** Writes whatever is new until the connection breaks, which is thrown. */
  async #write(redis: RedisConnection, signal: AbortSignal, well: () => void): Promise<void> {
    const { held, writes, part, origin } = this.#options;
    const within = new Within(signal);
    let problem: Problem | undefined;
    void redis.broken.then((broke) => {
      problem = broke;
      within.end();
    });
    const forget = onAbort(within.signal, () => this.#bell.ring());
    let writer = new RedisWriter(redis, this.#keys, origin);
    try {
      while (!within.signal.aborted) {
        // Whoever wrote meanwhile may have written something else.
        if (!writes()) writer = new RedisWriter(redis, this.#keys, origin);
        else if (held().environments.length > 0) await writer.write(held());
        part.up();
        well();
        await this.#bell.rung();
      }
    } finally {
      forget();
      within.end();
    }
    if (problem && !signal.aborted) throw problem;
  }
}

import { onAbort, unless, Within } from "../../core/life.ts";
import { LinkProblem } from "../../core/problems.ts";
import type { RedisAddress } from "../../wire/redis/address.ts";
import { openRedis } from "../../wire/redis/connection.ts";
import { newerSchema, type RedisKeys, redisKeys, SCHEMA } from "./redis-keys.ts";
import type { Registered } from "./registered.ts";

/** How long Redis may take, in milliseconds: nobody waits for it who could go on without. */
const PATIENCE = 3_000;

/**
 * Which agents have registered with which key, in a Redis that they share: one that is started anew elsewhere, without
 * its files, is no new one.
 */
export class RedisRegister {
  readonly #address: RedisAddress;
  readonly #keys: RedisKeys;

  constructor(address: RedisAddress, prefix: string) {
    this.#address = address;
    this.#keys = redisKeys(prefix);
  }

  /** Throws a Problem, soon, if Redis cannot be asked. */
  async knows({ key, agent }: Registered): Promise<boolean> {
    return (await this.#ask("SISMEMBER", this.#keys.registered(key), agent)) === 1;
  }

  async remember({ key, agent }: Registered): Promise<void> {
    await this.#ask("SADD", this.#keys.registered(key), agent);
  }

  async #ask(...words: string[]): Promise<unknown> {
    const within = new Within(new AbortController().signal, PATIENCE);
    try {
      const answer = await unless(
        within.signal,
        this.#command(words, within.signal).then((value) => ({ value })),
      );
      if (!answer) throw new LinkProblem("timed_out", `Redis did not answer within ${PATIENCE} ms`);
      return answer.value;
    } finally {
      within.release();
    }
  }

  async #command(words: readonly string[], signal: AbortSignal): Promise<unknown> {
    const redis = await openRedis(this.#address, signal);
    const forget = onAbort(signal, () => redis.end());
    try {
      const schema = Number(await redis.command("GET", this.#keys.schema));
      if (schema > SCHEMA) throw newerSchema(schema);
      return await redis.command(...words);
    } finally {
      forget();
      redis.end();
    }
  }
}

import { Within } from "../../core/life.ts";
import type { RedisAddress } from "../../wire/redis/address.ts";
import { openRedis, type RedisConnection } from "../../wire/redis/connection.ts";
import { newerSchema, type RedisKeys, redisKeys, SCHEMA } from "./redis-keys.ts";
import type { Registered } from "./registration.ts";

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
      const redis = await openRedis(this.#address, within.signal);
      return await this.#command(redis, words).finally(() => redis.end());
    } finally {
      within.release();
    }
  }

  async #command(redis: RedisConnection, words: readonly string[]): Promise<unknown> {
    const schema = Number(await redis.command("GET", this.#keys.schema));
    if (schema > SCHEMA) throw newerSchema(schema);
    return redis.command(...words);
  }
}

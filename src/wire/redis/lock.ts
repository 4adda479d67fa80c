import { randomUUID } from "node:crypto";
import { sleep } from "../../core/life.ts";
import type { RedisBroker } from "./broker-url.ts";
import { type Dialled, dial, redisProblem } from "./dial.ts";

const RENEW =
  "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) else return 0 end";
const RELEASE =
  "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end";

export interface RedisLockOptions {
  readonly broker: RedisBroker;
  readonly key: string;
  /** How long it is held without a sign of life, in milliseconds. It is renewed three times as often. */
  readonly ttl: number;
}

/** One of several processes may do something: the one that holds a key of Redis. */
export class RedisLock {
  readonly #options: RedisLockOptions;
  readonly #token = randomUUID();

  constructor(options: RedisLockOptions) {
    this.#options = options;
  }

  /**
   * Waits until we hold the lock. Throws a Problem when Redis cannot be asked.
   * @param waiting called each time that somebody else holds it
   * @returns undefined if the signal rang first
   */
  async acquire(signal: AbortSignal, waiting: () => void): Promise<HeldLock | undefined> {
    const { broker, key, ttl } = this.#options;
    const dialled = await dial(broker, signal);
    try {
      while (!signal.aborted) {
        const set = ["SET", key, this.#token, "NX", "PX", String(ttl)];
        const answer: unknown = await dialled.client.sendCommand(set);
        if (answer === "OK") return new HeldLock(dialled, this.#token, key, ttl);
        waiting();
        await sleep(ttl / 3, signal);
      }
    } catch (error) {
      dialled.close();
      throw redisProblem(error, dialled.where);
    }
    dialled.close();
    return undefined;
  }
}

export class HeldLock {
  readonly #dialled: Dialled;
  readonly #token: string;
  readonly #key: string;
  readonly #ttl: number;

  constructor(dialled: Dialled, token: string, key: string, ttl: number) {
    this.#dialled = dialled;
    this.#token = token;
    this.#key = key;
    this.#ttl = ttl;
  }

  /** Renews it until the signal rings; resolves earlier when it is lost. */
  async keep(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(this.#ttl / 3, signal);
      if (signal.aborted) return;
      const renewed = await this.#eval(RENEW, String(this.#ttl)).catch(() => 0);
      if (renewed !== 1) return;
    }
  }

  async release(): Promise<void> {
    await this.#eval(RELEASE).catch(() => {});
    this.#dialled.close();
  }

  #eval(script: string, ...args: string[]): Promise<unknown> {
    return this.#dialled.client.sendCommand(["EVAL", script, "1", this.#key, this.#token, ...args]);
  }
}

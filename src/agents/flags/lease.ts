import { Bell } from "../../core/bell.ts";
import type { Part } from "../../core/health.ts";
import { sleep, unless, Within } from "../../core/life.ts";
import { Problem } from "../../core/problems.ts";
import type { RedisAddress } from "../../wire/redis/address.ts";
import { openRedis, type RedisConnection } from "../../wire/redis/connection.ts";

export interface LeaseOptions {
  readonly address: RedisAddress;
  readonly key: string;
  /** Ours alone. */
  readonly token: string;
  readonly part: Part;
  /** Told when it is ours, or is no more. */
  changed(leads: boolean): void;
}

/** How long a lease holds without its holder, in milliseconds. */
const HOLDS = 15_000;
/** How often it is renewed, and asked for by the others, in milliseconds. */
const EVERY = 3_000;
/** Where nobody can know who holds it, everybody acts as if nobody did, after so many milliseconds. */
const UNKNOWN = 30_000;

const RENEW =
  "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0";
const RELEASE =
  "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

/** Which of several agents follows the server: whoever holds a key in Redis. */
export class Lease {
  readonly #options: LeaseOptions;
  readonly #bell = new Bell();
  leads = false;

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    let lost = performance.now();
    while (!signal.aborted) {
      try {
        await this.#hold(signal, () => {
          lost = performance.now();
        });
      } catch (error) {
        if (signal.aborted) break;
        if (!(error instanceof Problem)) throw error;
        this.#options.part.down(error, Date.now() + EVERY / 3);
        // Two that follow the server do no harm; none would.
        if (performance.now() - lost > UNKNOWN) this.#lead(true);
        await sleep(EVERY / 3, signal);
      }
    }
    this.#lead(false);
  }

  async #hold(signal: AbortSignal, answered: () => void): Promise<void> {
    const { address, part } = this.#options;
    const redis = await openRedis(address, signal);
    const within = new Within(signal);
    void redis.broken.then(() => within.end());
    try {
      while (!within.signal.aborted) {
        this.#lead(await this.#ask(redis));
        answered();
        part.up();
        await this.#bell.rungWithin(EVERY, within.signal);
      }
      if (!signal.aborted) throw await redis.broken;
      await this.#release(redis);
    } finally {
      within.end();
      redis.end();
    }
  }

  async #ask(redis: RedisConnection): Promise<boolean> {
    const { key, token } = this.#options;
    if ((await redis.command("EVAL", RENEW, "1", key, token, String(HOLDS))) === 1) return true;
    return (await redis.command("SET", key, token, "NX", "PX", String(HOLDS))) === "OK";
  }

  /** Whoever leaves does not keep the others waiting. */
  async #release(redis: RedisConnection): Promise<void> {
    const { key, token } = this.#options;
    const within = new Within(new AbortController().signal, 500);
    await unless(
      within.signal,
      redis.command("EVAL", RELEASE, "1", key, token).catch(() => {}),
    );
    within.release();
  }

  #lead(leads: boolean): void {
    if (this.leads === leads) return;
    this.leads = leads;
    this.#options.changed(leads);
  }
}

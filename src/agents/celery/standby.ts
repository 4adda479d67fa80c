import type { Host } from "../../core/agent.ts";
import type { Feed, Link } from "../../core/feed.ts";
import { Within } from "../../core/life.ts";
import { RedisLock, type RedisLockOptions } from "../../wire/redis/lock.ts";

/** A feed that is open in one of several processes at a time: in the one that holds a lock. */
export class Standby<T> implements Feed<T> {
  readonly #feed: Feed<T>;
  readonly #lock: RedisLock;
  readonly #log: Host["log"];

  constructor(feed: Feed<T>, lock: RedisLockOptions, { log }: Host) {
    this.#feed = feed;
    this.#lock = new RedisLock(lock);
    this.#log = log;
  }

  async *open(link: Link<T>): AsyncGenerator<T> {
    const within = new Within(link.signal);
    const held = await this.#lock.acquire(within.signal, () => link.up());
    if (!held) return within.end();
    this.#log.info({}, "this agent is the active one");
    const kept = held.keep(within.signal).then(() => within.end());
    try {
      yield* this.#feed.open({ ...link, signal: within.signal, up: () => link.up() });
    } finally {
      within.end();
      await kept;
      await held.release();
      if (!link.signal.aborted) this.#log.warn({}, "this agent is not the active one any more");
    }
  }

  async probe(signal: AbortSignal): Promise<void> {
    await this.#feed.probe?.(signal);
  }
}

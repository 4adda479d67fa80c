import { RedisSeen } from "../../wire/redis/seen.ts";
import type { Surroundings } from "./backend/surroundings.ts";
import type { DedupeConfig } from "./config/delivery.ts";
import type { Event } from "./event.ts";
import { placeholders } from "./placeholders.ts";
import { SeenInMemory, type SeenStore } from "./seen.ts";

/** What a process that dies may hold a claim for, beyond the time of two tries, in milliseconds. */
const SLACK = 10_000;

/**
 * Keeps events from being delivered twice. Each is claimed before it is delivered, and either confirmed after that or
 * forgotten, so that one that failed may come again. Events whose key is empty are all different.
 * Source: krakend-async §11.6.
 */
export class Deduper {
  readonly #key: (event: Event) => string;
  readonly #store: SeenStore;

  constructor(key: string, store: SeenStore) {
    const filled = placeholders(key);
    this.#key = (event) => filled({ event });
    this.#store = store;
  }

  /** @returns false for a duplicate. Throws a LinkProblem when that cannot be known yet */
  async claim(event: Event): Promise<boolean> {
    const key = this.#key(event);
    return key === "" || this.#store.claim(key);
  }

  async confirm(event: Event): Promise<void> {
    const key = this.#key(event);
    if (key !== "") await this.#store.confirm(key);
  }

  async forget(event: Event): Promise<void> {
    const key = this.#key(event);
    if (key !== "") await this.#store.forget(key);
  }
}

/** @param agent keeps the keys of several agents apart that share a Redis */
export function deduper(
  { key, ttl, most, redis }: DedupeConfig,
  around: Pick<Surroundings, "timeout" | "owns">,
  agent: string,
): Deduper {
  if (!redis) return new Deduper(key, new SeenInMemory({ ttl, most }));
  const prefix = `outrider:seen:${agent}:`;
  const store = new RedisSeen({ url: redis.url, prefix, ttl, hold: 2 * around.timeout + SLACK });
  around.owns(store);
  return new Deduper(key, store);
}

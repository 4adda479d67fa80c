import { Bell } from "../../core/bell.ts";
import type { Delivery } from "../../core/delivery.ts";
import type { Feed } from "../../core/feed.ts";
import { InnerLife, type Life } from "../../core/life.ts";
import { ConfigProblem } from "../../core/problems.ts";
import { RedisLists } from "../../wire/redis/list.ts";
import { brokerOf } from "./brokers.ts";
import type { LineConfig } from "./config.ts";

/** What Kombu puts between the name of a queue and a priority, and the priorities it has. Source: leek §4.3. */
const SEPARATOR = "\x06\x16";
const PRIORITIES = ["", `${SEPARATOR}3`, `${SEPARATOR}6`, `${SEPARATOR}9`];

/** So many entries are taken from a list at once. */
const CHUNK = 500;
/** How long Redis may take to answer, in milliseconds. */
const PATIENCE = 10_000;

export interface SweepOptions {
  /** The queue as Celery calls it. */
  readonly queue: string;
  /** Let go of it unread, in place of posting it. */
  readonly discard: boolean;
}

export interface SweepProgress {
  readonly queue: string;
  posted: number;
  rejected: number;
  unreadable: number;
}

export interface Swept {
  /** How many messages lay there. */
  readonly found: number;
  readonly discarded: boolean;
}

/** Runs a pipeline over what lies in the lists until told to stop. */
export type SweepPass = (lists: Feed<Delivery<string>>, progress: SweepProgress, life: Life) => Promise<void>;

/**
 * Empties the lists that the Leek agent leaves in Redis: events that nobody reads there, among them the `task-sent`
 * that Leek publishes itself when somebody retries a task. Source: leek §4.4.
 */
export class Sweep {
  readonly #config: LineConfig;
  readonly #pass: SweepPass;
  readonly #bell = new Bell();
  readonly #queues: string[] = [];
  progress: { readonly running?: SweepProgress; readonly last?: SweepProgress } = {};

  constructor(config: LineConfig, pass: SweepPass) {
    this.#config = config;
    this.#pass = pass;
  }

  /** Begins one. Throws ConfigProblem where events do not come from Redis, and a Problem where it cannot be asked. */
  async begin({ queue, discard }: SweepOptions): Promise<Swept> {
    const lists = this.#lists(queue);
    const found = await lists.count(AbortSignal.timeout(PATIENCE));
    if (discard) await lists.discard(AbortSignal.timeout(PATIENCE));
    else if (found > 0) {
      this.#queues.push(queue);
      this.#bell.ring();
    }
    return { found, discarded: discard };
  }

  async run(life: Life): Promise<void> {
    while (!life.stop.aborted) {
      const queue = this.#queues.shift();
      if (queue === undefined) await this.#bell.rung(life.stop);
      else await this.#sweep(queue, life);
    }
  }

  async #sweep(queue: string, life: Life): Promise<void> {
    const progress = { queue, posted: 0, rejected: 0, unreadable: 0 };
    this.progress = { running: progress };
    const inner = new InnerLife(life);
    const lists = this.#lists(queue);
    const toTheirEnd: Feed<Delivery<string>> = {
      async *open(link) {
        yield* lists.open(link);
        if (!link.signal.aborted) inner.ringStop("stopped");
      },
    };
    try {
      await this.#pass(toTheirEnd, progress, inner);
    } finally {
      inner.release();
      this.progress = { last: progress };
    }
  }

  #lists(queue: string): RedisLists {
    const { redis } = this.#config.from;
    if (!redis) throw new ConfigProblem("input_invalid", "only a broker that is a Redis has lists to sweep");
    const keys = PRIORITIES.map((end) => `${redis.global_keyprefix}${queue}${end}`);
    return new RedisLists({ broker: brokerOf(redis), keys, chunk: CHUNK });
  }
}

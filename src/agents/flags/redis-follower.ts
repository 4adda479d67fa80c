import { Bell } from "../../core/bell.ts";
import type { Feed, Link } from "../../core/feed.ts";
import { LinkProblem, messageOf, type Problem, RejectedProblem } from "../../core/problems.ts";
import type { RedisAddress } from "../../wire/redis/address.ts";
import { openRedis, type RedisConnection } from "../../wire/redis/connection.ts";
import type { News } from "./dataset.ts";
import { type Change, type RedisKeys, redisKeys } from "./redis-keys.ts";
import { readAll, readEnvironment, readFlag, readSegment } from "./redis-read.ts";

export interface RedisFollowerOptions {
  readonly address: RedisAddress;
  readonly prefix: string;
  /** What we wrote ourselves is no news. */
  readonly origin: string;
  /** How often everything is read again, in milliseconds; 0 is never. */
  readonly resync: number;
  /** Told when the store has been read. */
  arrived(): void;
  /** Somebody wants whoever follows the server to ask it for everything. */
  asked?(): void;
}

/** Follows what another agent writes into a Redis that is shared. */
export class RedisFollower implements Feed<News> {
  readonly #options: RedisFollowerOptions;
  readonly #keys: RedisKeys;
  #redis: RedisConnection | undefined;
  #waiting: (() => void)[] = [];

  constructor(options: RedisFollowerOptions) {
    this.#options = options;
    this.#keys = redisKeys(options.prefix);
  }

  /** Asks whoever follows the server to ask it for everything. Resolves when there is news; that may be never. */
  refresh(): Promise<void> {
    const message: Change = { v: 1, origin: this.#options.origin, generation: 0, kind: "refresh" };
    // If it is not heard, nobody is refused for it.
    void this.#redis?.command("PUBLISH", this.#keys.changes, JSON.stringify(message)).catch(() => {});
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async *open(link: Link<News>): AsyncGenerator<News> {
    const { address, resync } = this.#options;
    if (link.signal.aborted) return;
    const bell = new Bell();
    const messages: string[] = [];
    let broken: Problem | undefined;
    const redis = await this.#open(link);
    const listener = await this.#open(link, address).catch((error: unknown) => {
      redis.end();
      throw error;
    });
    for (const each of [redis, listener])
      void each.broken.then((problem) => {
        broken ??= problem;
        bell.ring();
      });
    this.#redis = redis;
    try {
      // Before reading, so that nothing falls in between.
      await listener.subscribe([this.#keys.changes], (message) => {
        messages.push(message);
        bell.ring();
      });
      yield* this.#read(redis, undefined, link);
      let due = performance.now() + resync;
      while (!link.signal.aborted) {
        if (broken) throw broken;
        const message = messages.shift();
        if (message !== undefined) yield* this.#read(redis, this.#changeIn(message), link);
        else if (resync > 0 && performance.now() >= due) {
          yield* this.#read(redis, undefined, link);
          due = performance.now() + resync;
        } else if (resync > 0) await bell.rungWithin(due - performance.now(), link.signal);
        else await bell.rung(link.signal);
      }
    } catch (error) {
      if (!link.signal.aborted) throw error;
    } finally {
      this.#redis = undefined;
      redis.end();
      listener.end();
    }
  }

  async #open(link: Link<News>, address = this.#options.address): Promise<RedisConnection> {
    try {
      return await openRedis(address, link.signal);
    } catch (error) {
      if (link.signal.aborted) throw new LinkProblem("connect_failed", "it was told to stop");
      throw error;
    }
  }

  /** @returns undefined for what calls for everything to be read, "own" for what is no news */
  #changeIn(message: string): Change | "own" | undefined {
    try {
      const change = JSON.parse(message) as Change;
      if (change.origin === this.#options.origin) return "own";
      return change.v === 1 ? change : undefined;
    } catch {
      return undefined;
    }
  }

  async *#read(
    redis: RedisConnection,
    change: Change | "own" | undefined,
    link: Link<News>,
  ): AsyncGenerator<News> {
    if (change === "own") return;
    if (change?.kind === "refresh") {
      this.#options.asked?.();
      return;
    }
    const news = await this.#newsOf(redis, change);
    this.#options.arrived();
    link.up();
    if (!news || link.signal.aborted) return;
    yield news;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async #newsOf(redis: RedisConnection, change: Change | undefined): Promise<News | undefined> {
    const keys = this.#keys;
    const { kind, envId, id, older = false }: Partial<Change> = change ?? { kind: "all" };
    try {
      if (kind === "flag" && envId && id)
        return patch(envId, { featureFlags: await readFlag(redis, keys, id), segments: [] });
      if (kind === "segment" && envId && id)
        return patch(envId, { featureFlags: [], segments: await readSegment(redis, keys, envId, id) });
      if (kind === "env" && envId && !older)
        return { kind: "contents", environments: [await readEnvironment(redis, keys, envId)] };
      const environments = await readAll(redis, keys);
      return environments && { kind: older ? "replacement" : "full", environments };
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof RejectedProblem)
        throw new LinkProblem("answer_unexpected", `the store holds something unusable: ${messageOf(error)}`);
      throw error;
    }
  }
}

function patch(envId: string, items: Pick<News["environments"][number], "featureFlags" | "segments">): News {
  return { kind: "patch", environments: [{ envId, secrets: [], ...items }] };
}

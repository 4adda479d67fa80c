import { Bell } from "../../core/bell.ts";
import type { Feed, Link } from "../../core/feed.ts";
import { LinkProblem, messageOf, type Problem, RejectedProblem } from "../../core/problems.ts";
import type { RedisAddress } from "../../wire/redis/address.ts";
import { openRedis, type RedisConnection } from "../../wire/redis/connection.ts";
import type { News } from "./dataset.ts";
import { readFlags, readSegments } from "./dump.ts";
import type { Environment, EnvironmentSecret } from "./model.ts";
import { fieldsOf, valuesOf } from "./redis-read.ts";

export interface RedisCacheOptions {
  readonly address: RedisAddress;
  /** How often everything is read again, in milliseconds; 0 is never. */
  readonly resync: number;
  arrived(): void;
}

const FLAGS = "featbit-feature-flag-change";
const SEGMENTS = "featbit-segment-change";

/**
 * The FeatBit server's own cache in Redis (`featbit:*`), read only: a key that we wrote, or a message that we
 * published, the server would act on. Live changes come where the server uses Redis as its message queue as well.
 */
export class RedisCache implements Feed<News> {
  readonly #options: RedisCacheOptions;
  readonly #bell = new Bell();
  #waiting: (() => void)[] = [];

  constructor(options: RedisCacheOptions) {
    this.#options = options;
  }

  /** Reads everything again. Resolves when it is served. */
  refresh(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#bell.ring();
    });
  }

  async *open(link: Link<News>): AsyncGenerator<News> {
    const { address, resync, arrived } = this.#options;
    if (link.signal.aborted) return;
    const open: RedisConnection[] = [];
    const bell = this.#bell;
    const changes: News[] = [];
    let broken: Problem | undefined;
    let environments: Environment[] = [];
    try {
      for (let i = 0; i < 2; i++) open.push(await openRedis(address, link.signal));
      for (const each of open)
        void each.broken.then((problem) => {
          broken ??= problem;
          bell.ring();
        });
      const [redis, listener] = open as [RedisConnection, RedisConnection];
      await listener.subscribe([FLAGS, SEGMENTS], (message, channel) => {
        changes.push(...changesIn(message, channel, environments));
        bell.ring();
      });
      while (!link.signal.aborted) {
        const waiting = this.#waiting.splice(0);
        environments = await readCache(redis);
        arrived();
        link.up();
        yield { kind: "full", environments };
        for (const resolve of waiting) resolve();
        const due = performance.now() + (resync > 0 ? resync : Number.MAX_SAFE_INTEGER);
        while (!link.signal.aborted && performance.now() < due && this.#waiting.length === 0) {
          if (broken) throw broken;
          const change = changes.shift();
          if (change) yield change;
          else await bell.rungWithin(due - performance.now(), link.signal);
        }
      }
    } catch (error) {
      if (!link.signal.aborted) throw unusable(error);
    } finally {
      for (const each of open) each.end();
    }
  }

  async probe(signal: AbortSignal): Promise<void> {
    const redis = await openRedis(this.#options.address, signal);
    redis.end();
  }
}

function unusable(error: unknown): unknown {
  if (!(error instanceof RejectedProblem) && !(error instanceof SyntaxError)) return error;
  return new LinkProblem(
    "answer_unexpected",
    `FeatBit's cache holds something unusable: ${messageOf(error)}`,
  );
}

async function readCache(redis: RedisConnection): Promise<Environment[]> {
  const secrets = await readSecrets(redis);
  const ids = [...new Set(secrets.map(({ envId }) => envId))];
  const environments: Environment[] = [];
  for (const envId of ids) {
    const flags = await valuesOf(redis, `featbit:flag-index:${envId}`, (id) => `featbit:flag:${id}`);
    const segments = await valuesOf(redis, `featbit:segment-index:${envId}`, (id) => `featbit:segment:${id}`);
    environments.push({
      envId,
      secrets: secrets.filter((each) => each.envId === envId),
      featureFlags: readFlags(flags, "featbit:flag"),
      segments: readSegments(
        segments.map((segment) => within(segment, envId)),
        "featbit:segment",
      ),
    });
  }
  return environments;
}

async function readSecrets(redis: RedisConnection): Promise<EnvironmentSecret[]> {
  const secrets: EnvironmentSecret[] = [];
  let cursor = "0";
  do {
    const [next, keys] = (await redis.command(
      "SCAN",
      cursor,
      "MATCH",
      "featbit:secret:*",
      "COUNT",
      "500",
    )) as [string, string[]];
    for (const key of keys) {
      const {
        type,
        projectKey = "",
        envId = "",
        envKey = "",
      } = fieldsOf(await redis.command("HGETALL", key));
      const value = key.slice("featbit:secret:".length);
      if (type === "server" || type === "client") secrets.push({ type, projectKey, envId, envKey, value });
    }
    cursor = next;
  } while (cursor !== "0");
  return secrets.toSorted((one, other) => (one.value < other.value ? -1 : 1));
}

/** A shared segment belongs to no environment there, and to each that it is read for here. */
function within(segment: unknown, envId: string): unknown {
  return segment !== null && typeof segment === "object" ? { ...segment, envId } : segment;
}

function changesIn(message: string, channel: string, environments: readonly Environment[]): News[] {
  try {
    const value = JSON.parse(message) as { segment?: { id?: string; envId?: string } };
    if (channel === FLAGS) {
      const featureFlags = readFlags([value], "$");
      return featureFlags.map((flag) =>
        patch(flag.envId.toLowerCase(), { featureFlags: [flag], segments: [] }),
      );
    }
    const { segment } = value;
    const concerned = environments.filter(
      ({ envId, segments }) => segment?.envId === envId || segments.some(({ id }) => id === segment?.id),
    );
    return concerned.map(({ envId }) =>
      patch(envId, { featureFlags: [], segments: readSegments([within(segment, envId)], "$") }),
    );
  } catch {
    // What cannot be read now is read with everything else.
    return [];
  }
}

function patch(envId: string, items: Pick<Environment, "featureFlags" | "segments">): News {
  return { kind: "patch", environments: [{ envId, secrets: [], ...items }] };
}

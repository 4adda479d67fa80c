import { LinkProblem } from "../../core/problems.ts";
import type { RedisConnection } from "../../wire/redis/connection.ts";
import { readFlags, readSegments } from "./dump.ts";
import type { Environment, EnvironmentSecret, Flag, Segment } from "./model.ts";
import type { RedisKeys } from "./redis-keys.ts";

/** How often is read anew what was replaced meanwhile. */
const MOST_READS = 10;
/** So many values are asked for at once. */
const MOST = 500;

/** Everything that stands in our layout; undefined where nobody ever wrote all of it. */
export function readAll(redis: RedisConnection, keys: RedisKeys): Promise<Environment[] | undefined> {
  return undisturbed(redis, keys, async () => {
    if ((await redis.command("GET", keys.schema)) === null) return undefined;
    const ids = (await redis.command("SMEMBERS", keys.environments)) as string[];
    const environments: Environment[] = [];
    for (const envId of ids.toSorted()) environments.push(await environmentIn(redis, keys, envId));
    return environments;
  });
}

export function readEnvironment(
  redis: RedisConnection,
  keys: RedisKeys,
  envId: string,
): Promise<Environment> {
  return undisturbed(redis, keys, () => environmentIn(redis, keys, envId));
}

/** Reads again while somebody replaces what is read: what was gone for a moment is not deleted. */
async function undisturbed<T>(redis: RedisConnection, keys: RedisKeys, read: () => Promise<T>): Promise<T> {
  for (let left = MOST_READS; ; left--) {
    const before = await redis.command("GET", keys.generation);
    const found = await read();
    if (before === (await redis.command("GET", keys.generation))) return found;
    if (left === 0) throw new LinkProblem("server_failed", "the store changes faster than it can be read");
  }
}

async function environmentIn(redis: RedisConnection, keys: RedisKeys, envId: string): Promise<Environment> {
  const flags = await valuesOf(redis, keys.flagIndex(envId), keys.flag);
  const segments = await valuesOf(redis, keys.segmentIndex(envId), (id) => keys.segment(envId, id));
  return {
    envId,
    secrets: await readSecrets(redis, keys, envId),
    featureFlags: readFlags(flags, `${keys.flagIndex(envId)}`),
    segments: readSegments(segments, `${keys.segmentIndex(envId)}`),
  };
}

export async function readFlag(redis: RedisConnection, keys: RedisKeys, id: string): Promise<Flag[]> {
  return readFlags(await parsed(redis, [keys.flag(id)]), keys.flag(id));
}

export async function readSegment(
  redis: RedisConnection,
  keys: RedisKeys,
  envId: string,
  id: string,
): Promise<Segment[]> {
  return readSegments(await parsed(redis, [keys.segment(envId, id)]), keys.segment(envId, id));
}

async function readSecrets(
  redis: RedisConnection,
  keys: RedisKeys,
  envId: string,
): Promise<EnvironmentSecret[]> {
  const values = (await redis.command("SMEMBERS", keys.secrets(envId))) as string[];
  const secrets: EnvironmentSecret[] = [];
  for (const value of values.toSorted()) {
    const {
      type,
      projectKey = "",
      envKey = "",
    } = fieldsOf(await redis.command("HGETALL", keys.secret(value)));
    if (type === "server" || type === "client") secrets.push({ type, projectKey, envId, envKey, value });
  }
  return secrets.toSorted((one, other) => (one.type < other.type ? 1 : one.type > other.type ? -1 : 0));
}

/** A hash as RESP 2 answers it: names and values in turn. */
export function fieldsOf(reply: unknown): Record<string, string> {
  const list = Array.isArray(reply) ? (reply as string[]) : [];
  const fields: Record<string, string> = {};
  for (let i = 0; i + 1 < list.length; i += 2) fields[list[i]!] = list[i + 1]!;
  return fields;
}

/** The values that an index names, in the order of their versions; a name without a value is passed over. */
export async function valuesOf(
  redis: RedisConnection,
  index: string,
  keyOf: (id: string) => string,
): Promise<unknown[]> {
  const ids = (await redis.command("ZRANGE", index, "0", "-1")) as string[];
  return parsed(redis, ids.map(keyOf));
}

async function parsed(redis: RedisConnection, keys: readonly string[]): Promise<unknown[]> {
  const values: unknown[] = [];
  for (let at = 0; at < keys.length; at += MOST) {
    const texts = (await redis.command("MGET", ...keys.slice(at, at + MOST))) as (string | null)[];
    for (const text of texts) if (text !== null) values.push(JSON.parse(text));
  }
  return values;
}

import type { RedisConnection } from "../../wire/redis/connection.ts";
import { olderIn } from "./dataset.ts";
import type { DataSet, Environment, Item } from "./model.ts";
import { type Change, newerSchema, type RedisKeys, SCHEMA } from "./redis-keys.ts";
import { environmentVersion, textOf, versionOf } from "./version.ts";

/**
 * Writes an item, and tells of it, unless a newer one stands there already.
 * KEYS: index, value, changes. ARGV: id, version, value, message.
 */
const PUT = `local old = redis.call('ZSCORE', KEYS[1], ARGV[1])
if old and tonumber(old) > tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[2], ARGV[3])
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
if ARGV[4] ~= '' then redis.call('PUBLISH', KEYS[3], ARGV[4]) end
return 1`;

/** Writes data into our layout, and tells the other agents what has changed. */
export class RedisWriter {
  readonly #redis: RedisConnection;
  readonly #keys: RedisKeys;
  readonly #origin: string;
  /** What stands there, as far as we wrote it. */
  #written: DataSet | undefined;
  #generation = 0;

  constructor(redis: RedisConnection, keys: RedisKeys, origin: string) {
    this.#redis = redis;
    this.#keys = keys;
    this.#origin = origin;
  }

  /** Throws LinkProblem, also for a layout that is newer than we know. */
  async write(data: DataSet): Promise<void> {
    if (!this.#written) await this.#begin();
    const before = new Map((this.#written?.environments ?? []).map((each) => [each.envId, each]));
    for (const environment of data.environments) {
      const held = before.get(environment.envId);
      before.delete(environment.envId);
      if (held === environment) continue;
      const older = held !== undefined && olderIn(held, environment) > 0;
      if (held && !older && isOnlyMore(held, environment)) await this.#add(held, environment);
      else await this.#replace(environment, older);
    }
    const gone = this.#written ? [...before.keys()] : await this.#others(data);
    for (const envId of gone) await this.#remove(envId);
    if (!this.#written) await this.#tell({ kind: "all" });
    this.#written = data;
  }

  async #begin(): Promise<void> {
    const schema = Number(await this.#redis.command("GET", this.#keys.schema));
    if (schema > SCHEMA) throw newerSchema(schema);
    await this.#redis.command("SET", this.#keys.schema, String(SCHEMA));
    this.#generation = Number(await this.#redis.command("GET", this.#keys.generation)) || 0;
  }

  async #add(held: Environment, { envId, featureFlags, segments }: Environment): Promise<void> {
    for (const flag of fresh(held.featureFlags, featureFlags))
      await this.#redis.command(...this.#put("flag", envId, flag, true));
    for (const segment of fresh(held.segments, segments))
      await this.#redis.command(...this.#put("segment", envId, segment, true));
  }

  /** One environment as a whole, what vanished included, in one transaction. */
  async #replace(environment: Environment, older: boolean): Promise<void> {
    const keys = this.#keys;
    const { envId, secrets, featureFlags, segments } = environment;
    const commands: string[][] = [["SADD", keys.environments, envId]];
    commands.push(...(await this.#vanished(keys.flagIndex(envId), featureFlags, keys.flag)));
    commands.push(
      ...(await this.#vanished(keys.segmentIndex(envId), segments, (id) => keys.segment(envId, id))),
    );
    // Only where a version stands is an older one refused.
    if (older) commands.push(["DEL", keys.flagIndex(envId), keys.segmentIndex(envId)]);
    for (const flag of featureFlags) commands.push(this.#put("flag", envId, flag, false));
    for (const segment of segments) commands.push(this.#put("segment", envId, segment, false));
    const known = (await this.#redis.command("SMEMBERS", keys.secrets(envId))) as string[];
    for (const value of known) commands.push(["DEL", keys.secret(value)]);
    commands.push(["DEL", keys.secrets(envId)]);
    for (const { type, projectKey, envKey, value } of secrets) {
      commands.push(["SADD", keys.secrets(envId), value]);
      const words = ["type", type, "projectKey", projectKey, "envId", envId, "envKey", envKey];
      commands.push(["HSET", keys.secret(value), ...words]);
    }
    const { projectKey = "", envKey = "" } = secrets[0] ?? {};
    const version = String(environmentVersion(environment));
    commands.push([
      "HSET",
      keys.environment(envId),
      "projectKey",
      projectKey,
      "envKey",
      envKey,
      "version",
      version,
    ]);
    await this.#all(commands, { kind: "env", envId, ...(older && { older }) });
  }

  async #remove(envId: string): Promise<void> {
    const keys = this.#keys;
    const commands = [
      ["SREM", keys.environments, envId],
      ...(await this.#vanished(keys.flagIndex(envId), [], keys.flag)),
      ...(await this.#vanished(keys.segmentIndex(envId), [], (id) => keys.segment(envId, id))),
      ["DEL", keys.environment(envId)],
    ];
    const known = (await this.#redis.command("SMEMBERS", keys.secrets(envId))) as string[];
    for (const value of known) commands.push(["DEL", keys.secret(value)]);
    commands.push(["DEL", keys.secrets(envId)]);
    await this.#all(commands, { kind: "all" });
  }

  async #all(commands: string[][], change: Pick<Change, "kind" | "envId" | "older">): Promise<void> {
    const message = this.#message({ ...change, generation: ++this.#generation });
    const told = [
      ["SET", this.#keys.generation, String(this.#generation)],
      ["PUBLISH", this.#keys.changes, message],
    ];
    await this.#redis.transaction([...commands, ...told]);
  }

  async #tell(change: Pick<Change, "kind">): Promise<void> {
    await this.#all([], change);
  }

  async #others({ environments }: DataSet): Promise<string[]> {
    const known = new Set(environments.map(({ envId }) => envId));
    const all = (await this.#redis.command("SMEMBERS", this.#keys.environments)) as string[];
    return all.filter((envId) => !known.has(envId));
  }

  async #vanished(index: string, items: readonly Item[], keyOf: (id: string) => string): Promise<string[][]> {
    const held = (await this.#redis.command("ZRANGE", index, "0", "-1")) as string[];
    const known = new Set(items.map(({ id }) => id));
    const gone = held.filter((id) => !known.has(id));
    return gone.flatMap((id) => [
      ["ZREM", index, id],
      ["DEL", keyOf(id)],
    ]);
  }

  #put(kind: "flag" | "segment", envId: string, item: Item, tell: boolean): string[] {
    const keys = this.#keys;
    const [index, value] =
      kind === "flag"
        ? [keys.flagIndex(envId), keys.flag(item.id)]
        : [keys.segmentIndex(envId), keys.segment(envId, item.id)];
    const message = tell ? this.#message({ kind, envId, id: item.id, generation: this.#generation }) : "";
    const version = String(versionOf(item));
    return ["EVAL", PUT, "3", index, value, keys.changes, item.id, version, textOf(item), message];
  }

  #message(change: Omit<Change, "v" | "origin">): string {
    const told: Change = { v: 1, origin: this.#origin, ...change };
    return JSON.stringify(told);
  }
}

/** Whether something was only added or changed: then it is written item by item. */
function isOnlyMore(held: Environment, next: Environment): boolean {
  const kept = (before: readonly Item[], after: readonly Item[]) => {
    const ids = new Set(after.map(({ id }) => id));
    return before.every(({ id }) => ids.has(id));
  };
  return (
    held.secrets === next.secrets &&
    kept(held.featureFlags, next.featureFlags) &&
    kept(held.segments, next.segments)
  );
}

function fresh<T extends Item>(held: readonly T[], next: readonly T[]): readonly T[] {
  const before = new Map(held.map((item) => [item.id, item]));
  return next.filter((item) => before.get(item.id) !== item);
}

import { RejectedProblem } from "../../core/problems.ts";
import type { DataSet, Environment, EnvironmentSecret, Flag, Item, Segment } from "./model.ts";
import { isGuid } from "./secret-text.ts";

/**
 * Data in the shape in which FeatBit's server sends it to agents: what it posts to `bootstrap`, and what stands in
 * `rp_full` and `rp_patch`. Throws RejectedProblem `data_refused` that names the place of the first mistake.
 */
export function readDump(value: unknown): Environment[] {
  if (Array.isArray(value))
    throw refused(
      "$",
      "is an array, which is how servers before 5.1 push; use a server of 5.1.0 or newer, or post an object with `items`",
    );
  const { items } = objectAt(value, "$");
  return readItems(items, "$.items");
}

/** The `items` of a dump: one for each environment; of several for one, all count. */
export function readItems(items: unknown, at: string): Environment[] {
  const environments = new Map<string, Environment>();
  for (const [index, item] of listAt(items, at).entries()) {
    const read = readEnvironment(item, `${at}[${index}]`);
    const before = environments.get(read.envId);
    environments.set(read.envId, before ? united(before, read) : read);
  }
  return [...environments.values()];
}

function readEnvironment(value: unknown, at: string): Environment {
  const { envId, secrets, featureFlags, segments } = objectAt(value, at);
  if (!isGuid(envId)) throw refused(`${at}.envId`, "is no GUID");
  return {
    envId: envId.toLowerCase(),
    secrets: listAt(secrets ?? [], `${at}.secrets`).map((each, i) => readSecret(each, `${at}.secrets[${i}]`)),
    featureFlags: readFlags(featureFlags, `${at}.featureFlags`),
    segments: readSegments(segments, `${at}.segments`),
  };
}

/** An environment whose data came in two pieces: it has two server secrets, say. */
function united(one: Environment, other: Environment): Environment {
  return {
    envId: one.envId,
    secrets: distinct([...one.secrets, ...other.secrets], ({ value }) => value),
    featureFlags: distinct([...one.featureFlags, ...other.featureFlags], ({ id }) => id),
    segments: distinct([...one.segments, ...other.segments], ({ id }) => id),
  };
}

function distinct<T>(list: readonly T[], keyOf: (each: T) => string): T[] {
  return [...new Map(list.map((each) => [keyOf(each), each])).values()];
}

function readSecret(value: unknown, at: string): EnvironmentSecret {
  const given = objectAt(value, at);
  const { type } = given;
  if (type !== "server" && type !== "client") throw refused(`${at}.type`, 'is neither "server" nor "client"');
  const { envId, value: text } = given;
  if (typeof text !== "string" || text === "") throw refused(`${at}.value`, "is no text");
  const words = { projectKey: textOr(given["projectKey"]), envKey: textOr(given["envKey"]) };
  return { type, ...words, envId: textOr(envId), value: text };
}

export function readFlags(list: unknown, at: string): Flag[] {
  return listAt(list, at).map((value, i) => {
    const item = readItem(value, `${at}[${i}]`);
    if (typeof item["key"] !== "string" || item["key"] === "") throw refused(`${at}[${i}].key`, "is no text");
    for (const name of ["variations", "targetUsers", "rules"])
      if (!isListOfObjects(item[name])) throw refused(`${at}[${i}].${name}`, "is no list of objects");
    return item as Flag;
  });
}

export function readSegments(list: unknown, at: string): Segment[] {
  return listAt(list, at).map((value, i) => readItem(value, `${at}[${i}]`) as Segment);
}

function readItem(value: unknown, at: string): Item {
  const item = objectAt(value, at);
  const { id, envId, updatedAt } = item;
  if (typeof id !== "string" || id === "") throw refused(`${at}.id`, "is no text");
  if (!isGuid(envId)) throw refused(`${at}.envId`, "is no GUID");
  if (typeof updatedAt !== "string" || Number.isNaN(Date.parse(updatedAt.replace(/(\.\d{3})\d+/, "$1"))))
    throw refused(`${at}.updatedAt`, "is no time");
  return item as unknown as Item;
}

function isListOfObjects(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return Array.isArray(value) && value.every((each) => each !== null && typeof each === "object");
}

function objectAt(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (value !== null && typeof value === "object" && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw refused(at, "is no object");
}

function listAt(value: unknown, at: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw refused(at, "is no array");
}

function textOr(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function refused(at: string, what: string): RejectedProblem {
  return new RejectedProblem("data_refused", `${at} ${what}`);
}

/** The data as a dump, which any agent takes, the peer as well. */
export function writeDump({ environments }: DataSet): {
  eventType: "rp_full";
  items: readonly Environment[];
} {
  return { eventType: "rp_full", items: environments };
}

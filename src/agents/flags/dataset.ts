import type { DataSet, Environment, EnvironmentSecret, Item } from "./model.ts";
import { textOf, versionOf } from "./version.ts";

/** News about the data, from wherever it comes. */
export type News =
  /** Everything there is: what is not in it exists no more. Items that we know in a newer version stay. */
  | { readonly kind: "full"; readonly environments: readonly Environment[] }
  /** As `full`, but put in the place of what is held as it is, older items included: somebody's express wish. */
  | { readonly kind: "replacement"; readonly environments: readonly Environment[] }
  /** Items that were added or changed. Secrets in it are not looked at. */
  | { readonly kind: "patch"; readonly environments: readonly Environment[] }
  /** Everything there is in some environments; others stay as they are, and so do secrets where none are named. */
  | { readonly kind: "contents"; readonly environments: readonly Environment[] };

export interface Applied {
  /** The very same object if nothing has changed. */
  readonly data: DataSet;
  /** Environments in which something changed, and those that came or went. */
  readonly touched: readonly string[];
  /** Environments that a patch spoke of and nobody knows. */
  readonly unknown: readonly string[];
  /** How many items came in an older version than is held, and stayed as they were. */
  readonly older: number;
}

/** Whole data from whole data and news. What did not change stays the same object, so that changes are cheap to find. */
export function apply(data: DataSet, { kind, environments }: News): Applied {
  const held = new Map(data.environments.map((each) => [each.envId, each]));
  const next = new Map(kind === "full" || kind === "replacement" ? [] : held);
  const unknown: string[] = [];
  let older = 0;
  for (const fresh of environments) {
    const before = held.get(fresh.envId);
    if (!before && kind === "patch") unknown.push(fresh.envId);
    else next.set(fresh.envId, before ? merge[kind](before, fresh) : fresh);
    if (before && kind !== "replacement") older += olderIn(before, fresh);
  }
  const touched = [...new Set([...held.keys(), ...next.keys()])].filter(
    (id) => held.get(id) !== next.get(id),
  );
  return {
    data: touched.length === 0 ? data : { environments: [...next.values()] },
    touched,
    unknown,
    older,
  };
}

/** How many items of an environment are given in an older version than is held. */
export function olderIn(before: Environment, fresh: Environment): number {
  const count = (held: readonly Item[], given: readonly Item[]) => {
    const versions = new Map(held.map((item) => [item.id, versionOf(item)]));
    return given.filter((item) => versionOf(item) < (versions.get(item.id) ?? 0)).length;
  };
  return count(before.featureFlags, fresh.featureFlags) + count(before.segments, fresh.segments);
}

const merge: Readonly<Record<News["kind"], (before: Environment, fresh: Environment) => Environment>> = {
  full: (before, fresh) => kept(before, fresh, sameSecrets(before.secrets, fresh.secrets), newerOf),
  replacement: (before, fresh) =>
    kept(before, fresh, sameSecrets(before.secrets, fresh.secrets), (old, item) =>
      same(old, item) ? old : item,
    ),
  contents: (before, fresh) => {
    const secrets = fresh.secrets.length > 0 ? sameSecrets(before.secrets, fresh.secrets) : before.secrets;
    return kept(before, fresh, secrets, newerOf);
  },
  patch: (before, fresh) => {
    const featureFlags = upserted(before.featureFlags, fresh.featureFlags);
    const segments = upserted(before.segments, fresh.segments);
    return unlessSame(before, { ...before, featureFlags, segments });
  },
};

type Choose = <T extends Item>(old: T, item: T) => T;

/** What `fresh` has, in its order; what is in both is chosen. */
function kept(
  before: Environment,
  fresh: Environment,
  secrets: readonly EnvironmentSecret[],
  choose: Choose,
): Environment {
  return unlessSame(before, {
    envId: before.envId,
    secrets,
    featureFlags: chosen(before.featureFlags, fresh.featureFlags, choose),
    segments: chosen(before.segments, fresh.segments, choose),
  });
}

function chosen<T extends Item>(before: readonly T[], fresh: readonly T[], choose: Choose): readonly T[] {
  const held = new Map(before.map((item) => [item.id, item]));
  const list = fresh.map((item) => {
    const old = held.get(item.id);
    return old ? choose(old, item) : item;
  });
  return sameList(before, list) ? before : list;
}

function upserted<T extends Item>(before: readonly T[], fresh: readonly T[]): readonly T[] {
  const held = new Map(before.map((item) => [item.id, item]));
  for (const item of fresh) {
    const old = held.get(item.id);
    held.set(item.id, old ? newerOf(old, item) : item);
  }
  const list = [...held.values()];
  return sameList(before, list) ? before : list;
}

/** The newer of two versions of an item; of two with the same version the other one, if it differs at all. */
function newerOf<T extends Item>(old: T, item: T): T {
  const [held, given] = [versionOf(old), versionOf(item)];
  return given > held || (given === held && !same(old, item)) ? item : old;
}

function same(one: Item, other: Item): boolean {
  return one === other || (versionOf(one) === versionOf(other) && textOf(one) === textOf(other));
}

function sameSecrets(
  before: readonly EnvironmentSecret[],
  fresh: readonly EnvironmentSecret[],
): readonly EnvironmentSecret[] {
  return JSON.stringify(before) === JSON.stringify(fresh) ? before : fresh;
}

function sameList<T>(one: readonly T[], other: readonly T[]): boolean {
  return one.length === other.length && one.every((each, i) => each === other[i]);
}

function unlessSame(before: Environment, next: Environment): Environment {
  const unchanged =
    before.secrets === next.secrets &&
    before.featureFlags === next.featureFlags &&
    before.segments === next.segments;
  return unchanged ? before : next;
}

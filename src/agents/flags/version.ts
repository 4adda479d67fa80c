import type { DataSet, Environment, Item } from "./model.ts";

const known = new WeakMap<Item, number>();

/**
 * The version of a flag or segment: `updatedAt` in milliseconds since 1970, the rest of the fraction cut off and not
 * rounded. 0 for what is no time.
 */
export function versionOf(item: Item): number {
  let version = known.get(item);
  if (version === undefined) {
    version = millisecondsOf(item.updatedAt);
    known.set(item, version);
  }
  return version;
}

function millisecondsOf(text: string): number {
  // Engines differ in what they do with a fourth digit, so they are not shown one.
  const ms = Date.parse(text.replace(/(\.\d{3})\d+/, "$1"));
  return Number.isNaN(ms) ? 0 : ms;
}

/** The largest version of an environment's flags and segments; 0 if it is empty. */
export function environmentVersion({ featureFlags, segments }: Environment): number {
  let largest = 0;
  for (const flag of featureFlags) largest = Math.max(largest, versionOf(flag));
  for (const segment of segments) largest = Math.max(largest, versionOf(segment));
  return largest;
}

/** The largest version of all environments; 0 if there is none. */
export function dataVersion({ environments }: DataSet): number {
  return environments.reduce((largest, each) => Math.max(largest, environmentVersion(each)), 0);
}

const texts = new WeakMap<Item, string>();

/** The JSON of an item, made once however often it is sent. */
export function textOf(item: Item): string {
  let text = texts.get(item);
  if (text === undefined) {
    text = JSON.stringify(item);
    texts.set(item, text);
  }
  return text;
}

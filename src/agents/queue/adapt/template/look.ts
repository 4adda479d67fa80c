import { type Place, templateProblem } from "./problem.ts";
import { isTable, named, sortedKeys, truthy } from "./values.ts";

/** `and` and `or` look no further than they need to. */
export function lazily(stops: boolean, values: readonly (() => unknown)[]): unknown {
  let last: unknown;
  for (const value of values) {
    last = value();
    if (truthy(last) === stops) break;
  }
  return last;
}

/** A field of a field; one that is missing in a table is nothing. Throws ConfigProblem for what has none. */
export function field(value: unknown, path: readonly string[], place: Place): unknown {
  let here = value;
  for (const name of path) {
    if (!isTable(here)) throw templateProblem(place, `there is no field "${name}" in ${named(here)}`);
    here = Object.hasOwn(here, name) ? here[name] : undefined;
  }
  return here;
}

/** What a loop goes through: items by number, or values by key, sorted. */
export function entries(value: unknown, place: Place): [unknown, unknown][] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.map((item, i) => [BigInt(i), item]);
  if (isTable(value)) return sortedKeys(value).map((key) => [key, value[key]]);
  if (typeof value === "bigint")
    return Array.from({ length: Number(value) }, (_, i) => [BigInt(i), BigInt(i)]);
  throw templateProblem(place, `cannot go through ${named(value)}`);
}

import { equal } from "./numbers.ts";
import { isTable, named, printed, sortedKeys, type Table, truthy } from "./values.ts";

function range(from: bigint, to: bigint, step: bigint): bigint[] {
  const all: bigint[] = [];
  if (step === 0n) return all;
  for (let i = from; step > 0n ? i < to : i > to; i += step) all.push(i);
  return all;
}

function index(value: unknown, ...keys: unknown[]): unknown {
  let here = value;
  for (const key of keys) {
    if (isTable(here)) here = Object.hasOwn(here, printed(key)) ? here[printed(key)] : undefined;
    else if (Array.isArray(here) || typeof here === "string") {
      if (Number(key) < 0 || Number(key) >= here.length) throw new Error(`there is no item ${printed(key)}`);
      here = here[Number(key)];
    } else throw new Error(`${named(here)} has no items`);
  }
  return here;
}

function length(value: unknown): bigint {
  if (Array.isArray(value)) return BigInt(value.length);
  if (isTable(value)) return BigInt(Object.keys(value).length);
  if (typeof value === "string") return BigInt(Buffer.byteLength(value));
  throw new Error(`${named(value)} has no length`);
}

/** Functions on lists and tables; none of them changes what it is given. */
export const lists = {
  index,
  len: length,
  slice: (value: unknown[] | string, from = 0n, to?: bigint) =>
    value.slice(Number(from), to === undefined ? undefined : Number(to)),
  list: (...items: unknown[]) => items,
  tuple: (...items: unknown[]) => items,
  first: (items: unknown[]) => items[0],
  last: (items: unknown[]) => items.at(-1),
  rest: (items: unknown[]) => items.slice(1),
  initial: (items: unknown[]) => items.slice(0, -1),
  append: (items: unknown[], item: unknown) => [...items, item],
  push: (items: unknown[], item: unknown) => [...items, item],
  prepend: (items: unknown[], item: unknown) => [item, ...items],
  concat: (...all: unknown[][]) => all.flat(),
  reverse: (items: unknown[]) => items.toReversed(),
  uniq: (items: unknown[]) => items.filter((item, i) => items.findIndex((each) => equal(each, item)) === i),
  has: (wanted: unknown, items: unknown[]) => items.some((item) => equal(item, wanted)),
  without: (items: unknown[], ...gone: unknown[]) =>
    items.filter((item) => !gone.some((each) => equal(each, item))),
  compact: (items: unknown[]) => items.filter(truthy),
  sortAlpha: (items: unknown[]) => items.map((item) => printed(item)).sort(),
  keys: (...tables: Table[]) => tables.flatMap(sortedKeys),
  values: (...tables: Table[]) => tables.flatMap((table) => sortedKeys(table).map((key) => table[key])),
  until: (to: bigint) => range(0n, to, to < 0n ? -1n : 1n),
  untilStep: range,
  seq: (...ends: bigint[]) => {
    const [from, step, to] =
      ends.length === 3 ? ends : ends.length === 2 ? [ends[0], 1n, ends[1]] : [1n, 1n, ends[0]];
    return range(from!, to! + (step! > 0n ? 1n : -1n), step!).join(" ");
  },
};

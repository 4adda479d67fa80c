import { lists } from "./lists.ts";
import { numbers } from "./numbers.ts";
import { texts } from "./texts.ts";
import { isTable, jsonOf, printed, type Table, truthy } from "./values.ts";

/** What a template may call, with whatever it gives. They throw for arguments they cannot use. */
export type Functions = Readonly<Record<string, (...given: never[]) => unknown>>;

/** Functions that stop at the first argument that is so. */
export const LAZY: Readonly<Record<string, boolean>> = { and: false, or: true };

/** What templates may look at outside. */
export interface Outside {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The text of a file of `FC_PARTIALS`. Throws for one that is not there. */
  readonly partial: (name: string) => string;
}

/**
 * The functions of Go's templates, those of Sprig that configurations use, and the peer's own two. What is different
 * at every run, or reaches out, is not there. Source: krakend-async §1.6.
 */
export function functionsFor({ env, partial }: Outside): Functions {
  return {
    ...numbers,
    ...texts,
    ...lists,
    ...choices,
    marshal: (value: unknown) => jsonOf(value),
    include: (name: string) => partial(String(name)),
    env: (name: string) => env[name] ?? "",
    expandenv: (text: string) =>
      text.replace(
        /\$(?:\{(\w+)\}|(\w+))/g,
        (_, braced?: string, plain?: string) => env[braced ?? plain ?? ""] ?? "",
      ),
  };
}

const choices = {
  not: (value: unknown) => !truthy(value),
  default: (otherwise: unknown, value?: unknown) => (truthy(value) ? value : otherwise),
  coalesce: (...values: unknown[]) => values.find(truthy),
  empty: (value: unknown) => !truthy(value),
  ternary: (yes: unknown, no: unknown, which: unknown) => (which === true ? yes : no),
  fail: (message: string) => {
    throw new Error(message);
  },
  required: (message: string, value: unknown) => {
    if (value === undefined || value === "") throw new Error(message);
    return value;
  },
  toJson: (value: unknown) => jsonOf(value),
  toRawJson: (value: unknown) =>
    jsonOf(value)
      .replace(/\\u003c/g, "<")
      .replace(/\\u003e/g, ">")
      .replace(/\\u0026/g, "&"),
  toPrettyJson: (value: unknown) => jsonOf(value, 2),
  fromJson: (text: string): unknown => JSON.parse(text),
  kindOf: kind,
  typeOf: kind,
  kindIs: (name: string, value: unknown) => kind(value) === name,
  dict: (...pairs: unknown[]): Table =>
    Object.fromEntries(pairs.flatMap((key, i) => (i % 2 === 0 ? [[printed(key), pairs[i + 1] ?? ""]] : []))),
  get: (table: Table, key: string) => (Object.hasOwn(table, key) ? table[key] : ""),
  set: (table: Table, key: string, value: unknown) => Object.assign(table, { [key]: value }),
  unset: (table: Table, key: string) => {
    delete table[key];
    return table;
  },
  hasKey: (table: Table, key: string) => Object.hasOwn(table, key),
  pick: (table: Table, ...keys: string[]) =>
    Object.fromEntries(Object.entries(table).filter(([key]) => keys.includes(key))),
  omit: (table: Table, ...keys: string[]) =>
    Object.fromEntries(Object.entries(table).filter(([key]) => !keys.includes(key))),
  merge: (first: Table, ...others: Table[]) => Object.assign(first, merged([first, ...others])),
};

/** What stands further left wins; tables inside are merged as well. */
function merged(tables: readonly Table[]): Table {
  const all: Table = {};
  for (const table of tables)
    for (const [key, value] of Object.entries(table)) {
      const own = all[key];
      if (!truthy(own)) all[key] = value;
      else if (isTable(own) && isTable(value)) all[key] = merged([own, value]);
    }
  return all;
}

function kind(value: unknown): string {
  if (Array.isArray(value)) return "slice";
  if (isTable(value)) return "map";
  const kinds: Record<string, string> = {
    bigint: "int",
    number: "float64",
    boolean: "bool",
    string: "string",
  };
  return kinds[typeof value] ?? "invalid";
}

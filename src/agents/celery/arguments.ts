import { isTooDeep } from "../../core/nesting.ts";
import { parseLiteral } from "./python/literal.ts";
import { reprOf, strOf } from "./python/text.ts";
import { dictOf, type Python } from "./python/value.ts";
import { cutPoints } from "./text.ts";

/** JSON that stands in a document. */
export type Scalar = string | number | boolean | null;
type Tree = Scalar | readonly Tree[] | { readonly [key: string]: Tree };

const MOST_ARGS = 10;
const LONGEST_ARG = 256;
const LONGEST_TEXT = 100;
const MOST_ITEMS = 100;
/** What is nested deeper than this becomes one text. */
const DEEPEST = 12;

/**
 * The first ten positional arguments as texts, `args_0` and so on, from a Python representation such as `(1, 'two')`.
 * What is no literal is one argument, as it stands. Source: leek §6.4.
 */
export const argumentFields = remembered((args: string): Readonly<Record<string, string>> => {
  if (args === "" || args === "()") return {};
  const value = parseLiteral(args.replace(/^[ \t]+/, ""));
  const texts = value ? itemsOf(value).slice(0, MOST_ARGS).map(strOf) : [args];
  return Object.fromEntries(texts.map((text, index) => [`args_${index}`, cutPoints(text, LONGEST_ARG)]));
});

function itemsOf(value: Python): readonly Python[] {
  return value.type === "tuple" || value.type === "list" ? value.items : [value];
}

/**
 * Keyword arguments, JSON or a Python dict, flattened with dots: `{'a': {'b': 1}}` is `{ "a.b": 1 }`.
 * Source: leek §6.4.
 */
export const flatKeywords = remembered((kwargs: string): Readonly<Record<string, Scalar>> => {
  const tree = treeOf(kwargs);
  const flat: Record<string, Scalar> = Object.create(null) as Record<string, Scalar>;
  for (const [key, value] of Object.entries(tree)) flatten(key, value, 1, flat);
  return { ...flat };
});

/** So many results are remembered, of texts of no more than so many characters. */
const MOST_REMEMBERED = 1_000;
const LONGEST_REMEMBERED = 1_100;

/** Sent and received events of a task bear the same arguments, and many tasks have the same. */
function remembered<T>(read: (text: string) => T): (text: string) => T {
  let known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const result = read(text);
    if (known.size >= MOST_REMEMBERED) known = new Map();
    if (text.length <= LONGEST_REMEMBERED) known.set(text, result);
    return result;
  };
}

function treeOf(kwargs: string): Readonly<Record<string, Tree>> {
  const json = jsonOf(kwargs);
  if (json !== undefined) return isRecord(json) ? (fromJson(json) as Record<string, Tree>) : {};
  const value = parseLiteral(kwargs.replace(/^[ \t]+/, ""));
  return value?.type === "dict" ? (fromPython(value) as Record<string, Tree>) : {};
}

/** A Python dict with a key that is no text in double quotes. Finding that out by an error costs more than the rest. */
const NO_JSON = /^\s*\{\s*[^"}\s]/;

function jsonOf(text: string): unknown {
  if (NO_JSON.test(text) || isTooDeep(text)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fromJson(value: unknown): Tree {
  if (typeof value === "string") return cutPoints(value, LONGEST_TEXT);
  if (Array.isArray(value)) return value.slice(0, MOST_ITEMS).map(fromJson);
  if (isRecord(value)) return record(Object.entries(value).map(([key, inner]) => [key, fromJson(inner)]));
  // A number too large for a double; JSON has no word for infinity.
  if (typeof value === "number" && !Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  return value as Scalar;
}

function fromPython(value: Python): Tree {
  switch (value.type) {
    case "none":
      return null;
    case "ellipsis":
      return "<ELLIPSIS>";
    case "bool":
      return value.value;
    case "int":
    case "float":
      return finite(Number(value.value), value);
    case "str":
      return cutPoints(value.value, LONGEST_TEXT);
    case "bytes":
      return cutPoints(Buffer.from(value.value).toString("utf8"), LONGEST_TEXT);
    case "complex":
      return cutPoints(reprOf(value), LONGEST_TEXT);
    case "dict":
      return record(spelled(value.entries));
    default:
      return value.items.slice(0, MOST_ITEMS).map(fromPython);
  }
}

function finite(number: number, value: Python): number | string {
  return Number.isFinite(number) ? number : cutPoints(reprOf(value), LONGEST_TEXT);
}

/** Keys as texts. Those that are equal only as texts, such as 1 and '1', share a place; the last value counts. */
function spelled(entries: readonly (readonly [Python, Python])[]): (readonly [string, Tree])[] {
  const texts = entries.map(([key, value]) => [{ type: "str", value: strOf(key) }, value] as const);
  const merged = dictOf(texts);
  return merged?.type === "dict" ? merged.entries.map(([key, value]) => [strOf(key), fromPython(value)]) : [];
}

/** Without a prototype, so that `__proto__` is a key like any other. */
function record(entries: readonly (readonly [string, Tree])[]): Tree {
  const made = Object.create(null) as Record<string, Tree>;
  for (const [key, value] of entries) made[key] = value;
  return made;
}

function flatten(path: string, value: Tree, depth: number, flat: Record<string, Scalar>): void {
  if (value === null || typeof value !== "object") flat[path] = value;
  else if (depth > DEEPEST) flat[path] = spacedJson(value);
  else {
    const entries = Object.entries(value);
    if (entries.length === 0) flat[path] = Array.isArray(value) ? "[]" : "{}";
    for (const [key, inner] of entries) flatten(`${path}.${key}`, inner, depth + 1, flat);
  }
}

/** JSON as Python writes it, with a blank after commas and colons. */
function spacedJson(value: Tree): string {
  if (Array.isArray(value)) return `[${value.map(spacedJson).join(", ")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}: ${spacedJson(inner)}`);
  return `{${members.join(", ")}}`;
}

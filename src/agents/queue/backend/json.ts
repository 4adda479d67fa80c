import { LosslessNumber, parse, stringify } from "lossless-json";
import { isTooDeep } from "../../../core/nesting.ts";

/** JSON in which numbers keep their spelling: one that was parsed is a `LosslessNumber`, one that was made is a `number`. */
export type Json = null | boolean | string | number | LosslessNumber | Json[] | JsonObject;

export interface JsonObject {
  [key: string]: Json;
}

export { LosslessNumber };

/**
 * Parses the first JSON value of a text; what follows it is not looked at, as the peer's decoder does.
 * Throws SyntaxError, also for what is nested too deeply.
 */
export function parseJson(text: string): Json {
  if (isTooDeep(text)) throw new SyntaxError("the JSON is nested too deeply");
  try {
    return parseWhole(text);
  } catch (error) {
    const end = endOfFirst(text);
    if (end >= text.length) throw error;
    return parseWhole(text.slice(0, end));
  }
}

/** One line, keys in the order they have; numbers as they were spelled. */
export function writeJson(value: Json): string {
  return stringify(value) ?? "null";
}

export function isObject(value: Json | undefined): value is JsonObject {
  return (
    value !== null && typeof value === "object" && !Array.isArray(value) && !(value instanceof LosslessNumber)
  );
}

/**
 * A bad answer as data of the peer, where it is a struct of Go: it is written as an object, but checks and flatmap
 * operations cannot look into it, and scripts get a copy with its name.
 */
export class Failure {
  [key: string]: Json;

  constructor(fields: JsonObject) {
    Object.assign(this, fields);
  }
}

/** The value at a path of object keys; lists are not entered. */
export function at(value: Json | undefined, path: readonly string[]): Json | undefined {
  let here = value;
  for (const key of path) {
    if (!isObject(here) || !Object.hasOwn(here, key)) return undefined;
    here = here[key];
  }
  return here;
}

function parseWhole(text: string): Json {
  // The last of two equal keys wins, as in Go and in JavaScript.
  return parse(text, null, { onDuplicateKey: ({ newValue }) => newValue }) as Json;
}

/** Where the first value of a text ends, as far as brackets and quotes tell. */
function endOfFirst(text: string): number {
  const begin = text.search(/\S/);
  if (begin < 0) return text.length;
  let depth = 0;
  for (let i = begin; i < text.length; i++) {
    const char = text[i]!;
    if (char === '"') i = endOfText(text, i);
    else if (char === "{" || char === "[") depth++;
    else if (char === "}" || char === "]") depth--;
    else if (depth > 0 || !/[\s,]/.test(text[i + 1] ?? " ")) continue;
    if (depth === 0 && char !== ":" && char !== ",") return i + 1;
  }
  return text.length;
}

function endOfText(text: string, begin: number): number {
  for (let i = begin + 1; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === '"') return i;
  }
  return text.length;
}

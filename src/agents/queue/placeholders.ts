import { ConfigProblem } from "../../core/problems.ts";
import { type Json, type JsonObject, LosslessNumber, writeJson } from "./backend/json.ts";
import { type Filling, type Lookup, lookup } from "./lookup.ts";

/**
 * `{name}`, but not what only looks like it: `{{.Resp0_id}}` is filled in later, and `{ "a": 1 }` is text.
 * A name begins with a letter and has no spaces, quotes or braces.
 */
const PLACEHOLDER = /\{\{[\s\S]*?\}\}|\{([A-Za-z][^\s{}"':,]*)\}/g;

type Piece = string | Lookup;

/**
 * Compiles a text with placeholders, such as `/orders/{body.id}`. What is missing, and null, is the empty text; lists
 * and objects are JSON. Throws a ConfigProblem for a name that means nothing.
 * @param escaped for the values, not for the text around them: `encodeURIComponent` in URLs
 */
export function placeholders(text: string, escaped = (value: string) => value): (from: Filling) => string {
  const pieces = piecesOf(text);
  if (pieces.every((piece) => typeof piece === "string")) {
    const whole = pieces.join("");
    return () => whole;
  }
  return (from) => {
    let filled = "";
    for (const piece of pieces) filled += typeof piece === "string" ? piece : escaped(textOf(piece(from)));
    return filled;
  };
}

/**
 * Compiles a body template: a value as YAML gave it, whose texts may hold placeholders. A text that is one placeholder
 * and nothing else becomes the value itself, with its type, and null where there is none; numbers keep their spelling.
 * Throws a ConfigProblem for a name that means nothing.
 */
export function template(value: unknown): (from: Filling) => Json {
  if (typeof value === "string") return textTemplate(value);
  if (Array.isArray(value)) {
    const items = value.map(template);
    return (from) => items.map((item) => item(from));
  }
  if (typeof value === "object" && value !== null && !(value instanceof LosslessNumber)) {
    const fields = Object.entries(value).map(([key, inner]) => [key, template(inner)] as const);
    return (from): JsonObject => Object.fromEntries(fields.map(([key, field]) => [key, field(from)]));
  }
  const fixed = (value ?? null) as Json;
  return () => fixed;
}

function textTemplate(text: string): (from: Filling) => Json {
  const pieces = piecesOf(text);
  const [only] = pieces;
  if (pieces.length === 1 && typeof only === "function") return (from) => only(from) ?? null;
  return placeholders(text);
}

/** What is wrong with the placeholders in a text, or in the texts of a template. Empty: nothing. */
export function placeholderMistakes(value: unknown): readonly string[] {
  if (typeof value === "string") return namesIn(value).map(lookup).filter(isText);
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(placeholderMistakes);
  return [];
}

/** A value in the middle of a text. */
export function textOf(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" && !(value instanceof LosslessNumber) ? writeJson(value) : String(value);
}

const isText = (value: unknown): value is string => typeof value === "string";

function namesIn(text: string): readonly string[] {
  return [...text.matchAll(PLACEHOLDER)].map(([, name]) => name).filter(isText);
}

function piecesOf(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    const [whole, name] = match;
    if (name === undefined) continue;
    pieces.push(text.slice(end, match.index), lookupOf(name));
    end = match.index + whole.length;
  }
  pieces.push(text.slice(end));
  return pieces.filter((piece) => piece !== "");
}

function lookupOf(name: string): Lookup {
  const found = lookup(name);
  if (typeof found === "string") throw new ConfigProblem("config_invalid", found);
  return found;
}

import { RejectedProblem } from "../../core/problems.ts";
import { readInteger, readWhole } from "./number.ts";
import { type State, type Word, words } from "./state.ts";

/** How large a file may be, in bytes: as large as hapgent takes, or `wide`. */
export function limitOf(wide: boolean): number {
  return wide ? 64 * 1024 : 512;
}

const FIELDS = ["status", "weight", "maxconn"];
const LARGEST = { weight: 255, maxconn: 65_535 } as const;

/**
 * Reads a state file as hapgent 0.3.2 does, quirks included: `status` may be an index, numbers may be texts or
 * floats that are whole; an unknown or doubled field refuses the whole file. With `wide`, a `reason` is known too.
 * Throws RejectedProblem.
 */
export function parseState(bytes: Uint8Array, wide = false): State {
  const limit = limitOf(wide);
  if (bytes.length > limit) throw refused(`it is larger than ${limit} bytes`);
  const fields = readFields(bytes);
  for (const name of fields.keys()) {
    if (!FIELDS.includes(name) && !(wide && name === "reason")) throw refused(`unknown field "${name}"`);
  }
  const status = fields.get("status");
  if (status === undefined) throw refused('the field "status" is missing');
  return {
    status: readWord(status),
    weight: readNumber("weight", fields.get("weight")),
    maxconn: readNumber("maxconn", fields.get("maxconn")),
    ...(fields.has("reason") && { reason: readText(fields.get("reason") as string) }),
  };
}

/** The file's bytes as hapgent writes them: two spaces, absent fields left out, no line end. */
export function formatState({ status, weight, maxconn, reason }: State, wide = false): string {
  return JSON.stringify({ status, weight, maxconn, ...(wide && { reason }) }, undefined, 2);
}

/** Tokens of JSON; it is known to be well-formed when this runs. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g;

/**
 * The fields of a flat object, each value as it is spelled. `JSON.parse` alone will not do: it keeps the last of
 * doubled fields, and forgets how a number was written.
 */
function readFields(bytes: Uint8Array): Map<string, string> {
  const text = decode(bytes);
  const value = parseJson(text);
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw refused("it is no object");
  const tokens = text.match(TOKEN) ?? [];
  const fields = new Map<string, string>();
  for (let at = 1; at + 2 < tokens.length; at += 4) {
    const name = JSON.parse(tokens[at] as string) as string;
    const spelled = tokens[at + 2] as string;
    if (fields.has(name)) throw refused(`the field "${name}" is given twice`);
    if (spelled === "{" || spelled === "[") throw refused(`the field "${name}" is no plain value`);
    fields.set(name, spelled);
  }
  return fields;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refused("it is no UTF-8");
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refused(error instanceof Error ? error.message : "it is no JSON");
  }
}

function readWord(spelled: string): Word {
  const text = readText(spelled);
  const word = words.find((each) => each === text) ?? words[indexOf(text)];
  if (!word) throw refused(`"${text}" is no status, write one of ${words.join(", ")}`);
  return word;
}

/** hapgent takes a word's index for the word, as a number or as a text. */
function indexOf(text: string): number {
  // Its reader takes -0 for a float, and no word has one for an index.
  return text === "-0" ? -1 : (readInteger(text) ?? -1);
}

function readNumber(name: "weight" | "maxconn", spelled: string | undefined): number | undefined {
  if (spelled === undefined || spelled === "null") return undefined;
  const text = readText(spelled);
  const number = readWhole(text);
  if (number === undefined) throw refused(`${name}: "${text}" is no whole number`);
  if (number < 0 || number > LARGEST[name])
    throw refused(`${name}: ${text} is not within 0 and ${LARGEST[name]}`);
  return number;
}

/** A text's content, or a number's spelling. Truth values and null are no texts. */
function readText(spelled: string): string {
  if (spelled.startsWith('"')) return JSON.parse(spelled) as string;
  if (/^-?\d/.test(spelled)) return spelled;
  throw refused(`${spelled} is of the wrong type`);
}

function refused(why: string): RejectedProblem {
  return new RejectedProblem("data_refused", `the state file cannot be used: ${why}`);
}

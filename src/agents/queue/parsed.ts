import { type Json, LosslessNumber, parseJson } from "./backend/json.ts";
import type { Event } from "./event.ts";

/** By body, so that copies of an event with other headers share it. */
const bodies = new WeakMap<Buffer, { readonly json: Json | undefined }>();

/** The body of an event as JSON, parsed at most once; undefined if it is none. Not to be changed. */
export function parsedBody({ body }: Pick<Event, "body">): Json | undefined {
  let known = bodies.get(body);
  if (!known) {
    known = { json: parsed(body) };
    bodies.set(body, known);
  }
  return known.json;
}

function parsed(body: Buffer): Json | undefined {
  try {
    return parseJson(body.toString());
  } catch {
    return undefined;
  }
}

/** What a source or YAML gave, as JSON: bytes as text, times in ISO 8601, what JSON has no word for as null. */
export function asJson(value: unknown): Json {
  if (value === null || value === undefined) return null;
  if (typeof value === "string" || typeof value === "boolean" || typeof value === "number") return value;
  if (typeof value === "bigint") return new LosslessNumber(value.toString());
  if (typeof value !== "object") return null;
  if (value instanceof LosslessNumber) return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Array.isArray(value)) return value.map(asJson);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, asJson(inner)]));
}

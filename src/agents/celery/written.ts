import type { Document } from "./document.ts";
import { wellFormed } from "./text.ts";

/** Which fields a release of Leek knows: 1 up to 0.7.3, 2 from 0.7.4 on. */
export type Level = 1 | 2;

/** What level 2 added. Source: leek §6.7. */
const added = new Set([
  ...["updated_at", "name_parts", "kwargs_flattened", "lang", "error", "stack", "trace"],
  ...Array.from({ length: 10 }, (_, index) => `args_${index}`),
]);

/** A document as JSON. Halves of characters would make the API drop the batch and say 201. Source: leek §6.6. */
export function writtenDocument(document: Document, level: Level): string {
  const text = JSON.stringify(level === 2 ? document : older(document));
  // JSON has no other use for an escape that begins so, but for a backslash before it.
  return text.includes("\\ud") ? JSON.stringify(mended(JSON.parse(text))) : text;
}

function older(document: Document): object {
  return Object.fromEntries(Object.entries(document).filter(([key]) => !added.has(key)));
}

function mended(value: unknown): unknown {
  if (typeof value === "string") return wellFormed(value);
  if (Array.isArray(value)) return value.map(mended);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [wellFormed(key), mended(inner)]));
}

const required = new Set([
  ...["id", "app_env", "kind", "state", "clock", "updated_at", "timestamp", "exact_timestamp", "utcoffset"],
  ...["pid", "uuid", "hostname", "events", "events_count"],
]);

/** What the API insists on, and nothing else. */
export function stripped(document: Document): Document {
  return Object.fromEntries(Object.entries(document).filter(([key]) => required.has(key))) as Document;
}

const LONG = 1_000;

/** With its long texts cut, for an API that takes no body as large as that. */
export function shortened(document: Document): Document {
  const short = Object.entries(document).map(([key, value]) => {
    if (typeof value === "string") return [key, value.slice(0, LONG)];
    const size = typeof value === "object" ? JSON.stringify(value).length : 0;
    return size > LONG && key !== "events" ? undefined : [key, value];
  });
  return Object.fromEntries(short.filter((entry) => entry !== undefined)) as Document;
}

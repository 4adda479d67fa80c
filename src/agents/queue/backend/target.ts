import { escapedPath } from "../../../wire/request-target.ts";
import type { Call } from "./call.ts";
import { writtenQuery } from "./go-url.ts";

const PARTS = /^(https?:\/\/[^/?#\s]+)([^?#]*)(\?[^#]*)?/i;

/** Source: `stringContainsCTLByte` of Go's net/url. */
const CONTROL = /[^\x20-\x7e\x80-\uffff]/;

/** URLs that need no query of the call, by what they were made of; most backends have one or a few of them. */
const made = new Map<string, string>();

/** Beginnings of URLs that were found good; there are few of them, and looking closely takes a while. */
const good = new Set<string>();
const MOST = 500;

/**
 * The URL of a call: host and path as they are written, side by side, and the call's query after the path's own.
 * A path with characters that none may hold is escaped; a query is left as it is, as Go's client does.
 * Throws TypeError for what is no URL.
 */
export function targetUrl(host: string, { path, query }: Pick<Call, "path" | "query">): string {
  const text = host + path;
  const known = made.get(text);
  if (known !== undefined && isEmpty(query)) return known;
  const url = written(text, query);
  if (made.size >= MOST) made.clear();
  if (isEmpty(query)) made.set(text, url);
  return url;
}

function written(text: string, query: Call["query"]): string {
  if (CONTROL.test(text)) throw new TypeError(`invalid control character in URL ${JSON.stringify(text)}`);
  const [, base = "", way = "", own = ""] = PARTS.exec(text) ?? [];
  if (!isGood(base)) throw new TypeError(`"${text}" is no URL`);
  return base + escapedPath(way) + withQuery(own, query);
}

function isGood(base: string): boolean {
  if (good.has(base)) return true;
  if (!URL.canParse(base)) return false;
  if (good.size < MOST) good.add(base);
  return true;
}

function withQuery(own: string, query: Call["query"]): string {
  if (isEmpty(query)) return own;
  const more = writtenQuery(new Map(Object.entries(query)));
  if (more === "") return own;
  return own === "" || own === "?" ? `?${more}` : `${own}&${more}`;
}

function isEmpty(table: object): boolean {
  for (const _ in table) return false;
  return true;
}

import type { Call } from "./call.ts";

const BAD_ESCAPE = /%(?![0-9A-Fa-f]{2})/;
/** What a path may hold as it is. Source: `validEncoded` of Go's net/url. */
const PLAIN = /^[A-Za-z0-9\-._~!$&'()*+,;=:@/[\]%]*$/;
const BASE = /^(https?:\/\/[^/?#\s]+)([^?#]*)(\?[^#]*)?/i;

/**
 * The URL of a call: host and path as they are written, side by side, and the call's query after the path's own.
 * A path with characters that none may hold is escaped; a query is left as it is, as Go's client does.
 * Throws TypeError for what is no URL.
 */
export function targetUrl(host: string, { path, query }: Pick<Call, "path" | "query">): string {
  const text = host + path;
  const [, base, way = "", own = ""] = BASE.exec(text) ?? [];
  if (base === undefined || !URL.canParse(base)) throw new TypeError(`"${text}" is no URL`);
  if (BAD_ESCAPE.test(way)) throw new TypeError(`"${text}" has an escape that is none`);
  return base + (PLAIN.test(way) ? way : escapedPath(way)) + withQuery(own, query);
}

/** Names sorted, as Go encodes them. */
export function encodeQuery(query: Call["query"]): string {
  const names = Object.keys(query).sort();
  return names
    .flatMap((name) => query[name]!.map((value) => `${formEncode(name)}=${formEncode(value)}`))
    .join("&");
}

function withQuery(own: string, query: Call["query"]): string {
  const more = encodeQuery(query);
  if (more === "") return own;
  return own === "" || own === "?" ? `?${more}` : `${own}&${more}`;
}

/** Escapes what is not plain; escapes that are there already are read first, so that none is escaped twice. */
function escapedPath(path: string): string {
  const bytes = Buffer.from(decodeURIComponentBytes(path), "latin1");
  let escaped = "";
  for (const byte of bytes) {
    const char = String.fromCharCode(byte);
    escaped += /[A-Za-z0-9\-._~$&+,/:;=@]/.test(char) ? char : `%${hex(byte)}`;
  }
  return escaped;
}

/** One character for each byte. */
function decodeURIComponentBytes(path: string): string {
  const raw = Buffer.from(path, "utf8").toString("latin1");
  return raw.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

function formEncode(text: string): string {
  const encoded = encodeURIComponent(text).replace(/%20/g, "+");
  return encoded.replace(/[!'()*]/g, (char) => `%${hex(char.charCodeAt(0))}`);
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, "0");
}

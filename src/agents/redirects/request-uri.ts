import { hostOfAuthority } from "./go-url.ts";

/**
 * What a request looks like to the peer's matcher: Go's `RequestURI` of the parsed target, computed from the target
 * as received. Everything here is byte texts.
 */

export interface RequestTarget {
  /** Path and query as they are matched. */
  readonly uri: string;
  /** The authority of an absolute-form target; it takes the place of the Host header. */
  readonly host: string | undefined;
}

/** Path characters with which a path is kept exactly as received. */
const KEPT = /^[A-Za-z0-9\-_.~!$&'()*+,;=:@/[\]%]*$/;
/** Path characters that stay as they are when a path is encoded again. */
const UNTOUCHED = /[A-Za-z0-9\-_.~$&+,/:;=@]/;
const BAD_ESCAPE = /%(?![0-9A-Fa-f]{2})/;

/** @returns undefined for a target that is answered with 400 */
export function readTarget(target: string): RequestTarget | undefined {
  // The usual target needs no second look.
  if (target.startsWith("/")) return withHost(requestUri(target), undefined);
  const absolute = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/?]*)/.exec(target);
  if (!absolute) return undefined;
  const host = hostOfAuthority(absolute[1]!);
  if (host === undefined) return undefined;
  const rest = target.slice(absolute[0].length);
  // Without an authority the Host header stands.
  return withHost(
    requestUri(rest.startsWith("/") ? rest : `/${rest}`),
    host === "" ? undefined : decode(host),
  );
}

/** What Go's server takes for a Host header; anything else is answered with 400. */
export function isHost(text: string): boolean {
  return /^[A-Za-z0-9!$%&'()*+,\-.:;=[\]_~]*$/.test(text);
}

/** The path of a matched uri, decoded: what a relative target is resolved against. */
export function decodedPath(uri: string): string {
  const end = uri.indexOf("?");
  return decode(end < 0 ? uri : uri.slice(0, end));
}

function requestUri(rest: string): string | undefined {
  const cut = rest.indexOf("?");
  const path = cut < 0 ? rest : rest.slice(0, cut);
  if (/[\x00-\x20\x7f]/.test(rest) || BAD_ESCAPE.test(path)) return undefined;
  // A bare `?` at the end stays, and so does a query; the query is never encoded again.
  const query = cut < 0 ? "" : rest.slice(cut);
  return (KEPT.test(path) ? path : encode(decode(path))) + query;
}

function withHost(uri: string | undefined, host: string | undefined): RequestTarget | undefined {
  return uri === undefined ? undefined : { uri, host };
}

function decode(path: string): string {
  if (!path.includes("%")) return path;
  return path.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function encode(path: string): string {
  let text = "";
  for (const char of path) {
    text += UNTOUCHED.test(char)
      ? char
      : `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return text;
}

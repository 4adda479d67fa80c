/** Headers that speak about one connection, not about the message (RFC 9110, 7.6.1). */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  // Answered by the server that has received it.
  "expect",
]);

/** Headers that a caller cannot take out by naming them in `Connection`: others may rely on them. */
const KEPT = new Set(["host", "content-length"]);

const FORWARDED = new Set([
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-forwarded-host",
  "x-forwarded-port",
  "forwarded",
]);

export interface ForwardOptions {
  /** The Host header for the upstream; undefined keeps the caller's. */
  readonly host: string | undefined;
  /** Keep and extend what callers say in X-Forwarded-* headers. */
  readonly trustForwarded: boolean;
}

/** What is known of a request that is handed on. */
export interface Incoming {
  /** The request's target. */
  readonly url: string;
  /** Names and values in turn, as received. */
  readonly rawHeaders: readonly string[];
  readonly remoteAddress: string | undefined;
}

/** A request's headers for the upstream, as a flat list: without those of this hop, with who asked for what. */
export function requestHeaders(request: Incoming, options: ForwardOptions): string[] {
  const raw = request.rawHeaders;
  const dropped = namedByConnection(valuesOf(raw, "connection"));
  const asked = hostOf(request);
  const headers: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    const gone = HOP_BY_HOP.has(name) || FORWARDED.has(name) || (dropped.has(name) && !KEPT.has(name));
    if (!gone && name !== "host") headers.push(raw[i]!, raw[i + 1]!);
  }
  const host = options.host ?? asked;
  if (host !== undefined) headers.push("Host", host);
  return [...headers, ...forwardedHeaders(request, asked, options.trustForwarded)];
}

/** The authority of an absolute-form target stands in for the Host header (RFC 9112, 3.2.2). */
function hostOf({ url, rawHeaders }: Incoming): string | undefined {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(url)?.[1];
  return authority ? authority.slice(authority.lastIndexOf("@") + 1) : valuesOf(rawHeaders, "host");
}

/** The values of a header, joined; undefined if there is none. */
function valuesOf(raw: readonly string[], name: string): string | undefined {
  const values = raw.filter((_, i) => i % 2 === 1 && raw[i - 1]!.toLowerCase() === name);
  return values.length === 0 ? undefined : values.join(", ");
}

/** An upstream's headers for the caller: without those of this hop. `raw` is a flat list of names and values. */
export function responseHeaders(raw: readonly (Buffer | string)[]): string[] {
  const texts = raw.map((piece) => (typeof piece === "string" ? piece : piece.toString("latin1")));
  const at = texts.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === "connection");
  const dropped = namedByConnection(at < 0 ? undefined : texts[at + 1]);
  const headers: string[] = [];
  for (let i = 0; i < texts.length; i += 2) {
    const name = texts[i]!.toLowerCase();
    if (!HOP_BY_HOP.has(name) && !dropped.has(name)) headers.push(texts[i]!, texts[i + 1]!);
  }
  return headers;
}

const NONE: ReadonlySet<string> = new Set();

function namedByConnection(connection: string | undefined): ReadonlySet<string> {
  if (connection === undefined) return NONE;
  return new Set(
    connection
      .toLowerCase()
      .split(",")
      .map((name) => name.trim()),
  );
}

function forwardedHeaders(
  { rawHeaders, remoteAddress = "unknown" }: Incoming,
  host: string | undefined,
  trust: boolean,
): string[] {
  const said = (name: string) => (trust ? valuesOf(rawHeaders, name) : undefined);
  const before = said("x-forwarded-for");
  const caller = remoteAddress.replace(/^::ffff:/, "");
  const list = ["X-Forwarded-For", before === undefined ? caller : `${before}, ${caller}`];
  list.push("X-Forwarded-Proto", said("x-forwarded-proto") ?? "http");
  list.push("X-Forwarded-Host", said("x-forwarded-host") ?? host ?? "");
  for (const name of ["X-Forwarded-Port", "Forwarded"]) {
    const value = said(name.toLowerCase());
    if (value !== undefined) list.push(name, value);
  }
  return list;
}

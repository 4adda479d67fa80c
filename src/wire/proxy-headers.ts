import type { IncomingMessage } from "node:http";

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

/** A request's headers for the upstream, as a flat list: without those of this hop, with who asked for what. */
export function requestHeaders(request: IncomingMessage, options: ForwardOptions): string[] {
  const dropped = namedByConnection(request.headers.connection);
  const headers: string[] = [];
  const raw = request.rawHeaders;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    const forwarded = FORWARDED.has(name);
    if (
      HOP_BY_HOP.has(name) ||
      dropped.has(name) ||
      forwarded ||
      (name === "host" && options.host !== undefined)
    )
      continue;
    headers.push(raw[i]!, raw[i + 1]!);
  }
  if (options.host !== undefined) headers.push("Host", options.host);
  return [...headers, ...forwardedHeaders(request, options.trustForwarded)];
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

function namedByConnection(connection: string | undefined): ReadonlySet<string> {
  return new Set(
    (connection ?? "")
      .toLowerCase()
      .split(",")
      .map((name) => name.trim()),
  );
}

function forwardedHeaders(request: IncomingMessage, trust: boolean): string[] {
  const { headers, socket } = request;
  const said = (name: string) => (trust ? joined(headers[name]) : undefined);
  const before = said("x-forwarded-for");
  const caller = (socket.remoteAddress ?? "unknown").replace(/^::ffff:/, "");
  const list = ["X-Forwarded-For", before === undefined ? caller : `${before}, ${caller}`];
  list.push("X-Forwarded-Proto", said("x-forwarded-proto") ?? "http");
  list.push("X-Forwarded-Host", said("x-forwarded-host") ?? headers.host ?? "");
  const forwarded = said("forwarded");
  if (forwarded !== undefined) list.push("Forwarded", forwarded);
  return list;
}

function joined(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(", ") : value;
}

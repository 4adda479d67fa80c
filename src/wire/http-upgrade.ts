import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { type Duplex, pipeline } from "node:stream";
import { responseHeaders } from "./proxy-headers.ts";
import { errors } from "./undici.ts";

/** An upgrade as the upstream is asked for it. */
export interface UpgradeQuestion {
  readonly url: URL;
  readonly method: string | undefined;
  readonly path: string;
  /** A flat list of names and values, without those of this hop. */
  readonly headers: readonly string[];
  readonly protocol: string;
  /** How long the upstream may take to answer, in milliseconds. Afterwards both may be silent for as long as they like. */
  readonly timeout: number;
  /** The whole answer for a caller whose question failed. */
  failed(error: Error): string;
}

/** Asks the upstream for an upgrade, and joins the sockets once it agrees. `head` is what the caller has said already. */
export function relayUpgrade(socket: Duplex, head: Buffer, question: UpgradeQuestion): void {
  const asking = ask(question);
  const forget = watch(socket);
  asking.on("upgrade", (answer, upstream, rest) => {
    forget();
    join(socket, head, answer, upstream, rest);
  });
  asking.on("response", (answer) => {
    forget();
    refuse(socket, answer);
  });
  asking.on("timeout", () => asking.destroy(new errors.HeadersTimeoutError()));
  asking.on("error", (error) => {
    forget();
    if (!socket.destroyed) hangUp(socket, question.failed(error));
  });
  socket.on("close", () => asking.destroy());
  asking.end();
}

/** Says the last words on a socket. Nobody who does not hang up in return is waited for. */
export function hangUp(socket: Duplex, words: string): void {
  socket.end(words, "latin1", () => socket.destroy());
}

function ask({ url, method, path, headers, protocol, timeout }: UpgradeQuestion) {
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  return send({
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port || (url.protocol === "https:" ? 443 : 80),
    method,
    path,
    headers: [...headers, "Connection", "Upgrade", "Upgrade", protocol],
    setHost: false,
    timeout,
  });
}

/** Nobody reads the socket while the upstream thinks, so that a caller who leaves has to be looked for. */
function watch(socket: Duplex): () => void {
  // Reading an empty buffer is what makes the end of a stream known; what the caller says early stays in it.
  const look = () => void (socket.readableLength === 0 && socket.read());
  const left = () => void socket.destroy();
  socket.on("readable", look).on("end", left);
  return () => void socket.off("readable", look).off("end", left);
}

function join(socket: Duplex, head: Buffer, answer: IncomingMessage, upstream: Duplex, rest: Buffer): void {
  socket.write(headOf(answer), "latin1");
  if (rest.length > 0) socket.write(rest);
  if (head.length > 0) upstream.write(head);
  upstream.on("error", () => socket.destroy());
  // Whoever ends, with or without a word, ends both: nobody is left holding half a connection.
  upstream.on("close", () => socket.end(() => socket.destroy()));
  socket.on("close", () => upstream.destroy());
  upstream.pipe(socket).pipe(upstream);
}

/** The upstream answered instead of switching; the caller gets that answer, also where it breaks off. */
function refuse(socket: Duplex, answer: IncomingMessage): void {
  socket.write(headOf(answer, ["Connection", "close"]), "latin1");
  pipeline(answer, socket, () => socket.destroy());
}

function headOf(
  { statusCode, statusMessage, rawHeaders }: IncomingMessage,
  extra: readonly string[] = [],
): string {
  const lines = [`HTTP/1.1 ${statusCode} ${statusMessage}`];
  const headers = statusCode === 101 ? rawHeaders : [...responseHeaders(rawHeaders), ...extra];
  for (let i = 0; i < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}

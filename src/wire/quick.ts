import type { Socket } from "node:net";
import type { QuickRequest } from "../core/doors.ts";

/**
 * The fast lane of an HTTP door: a plain GET or HEAD is read and answered straight on the socket, without the
 * machinery of a full HTTP server, at about twice its speed.
 *
 * It is safe because it is narrow. Every byte of the head is checked, and whatever is not plain — a body, an
 * upgrade, an `Expect`, a folded or doubled header, a request in pieces, a byte that should not be there — is
 * handed, with everything received, to `node:http`, which then keeps the connection. So the fast lane never has
 * to decide what an odd request means, and the two cannot disagree about where a request ends.
 */

/** Returns the whole answer, or undefined to leave the request to the full server. */
export type QuickAnswer = (request: QuickRequest) => string | undefined;

export interface QuickOptions {
  readonly answer: QuickAnswer;
  /** Rewrites a target that the full server would refuse. */
  readonly mend: (target: string) => string | undefined;
  /** Takes the connection over, with the bytes that are not answered yet. */
  readonly handOver: (socket: Socket, unread: Buffer) => void;
  /** How long a connection may be idle, in milliseconds. */
  readonly idle: number;
}

/** A target or a block of headers larger than this, in bytes, goes to the full server, which has the limits. */
const LARGEST_HEAD = 8_192;
/** After so much, in characters, it is looked whether the client reads what it asked for. */
const LARGEST_REPLY = 2 ** 20;

export class QuickLane {
  readonly #options: QuickOptions;
  readonly #sockets = new Set<Socket>();

  constructor(options: QuickOptions) {
    this.#options = options;
  }

  /** Serves a fresh connection. */
  serve(socket: Socket): void {
    this.#sockets.add(socket);
    let head = "";
    let unread: Buffer | undefined;
    const leave = () => {
      this.#sockets.delete(socket);
      socket.setTimeout(0);
      socket.off("data", read).off("end", end).off("error", drop).off("timeout", drop).off("close", leave);
      socket.off("drain", goOn);
    };
    const drop = () => socket.destroy();
    const end = () => socket.end();
    const goOn = () => {
      const rest = unread;
      unread = undefined;
      socket.resume();
      if (rest) read(rest);
    };
    const read = (chunk: Buffer) => {
      const { reply, used, stopped, headers } = this.#answerAll(chunk.toString("latin1"), head);
      head = headers;
      const flushed = reply === "" || socket.write(reply, "latin1");
      const rest = used < chunk.length ? chunk.subarray(used) : undefined;
      if (stopped === "closed") {
        // What comes after the last request of a connection is nobody's.
        socket.off("data", read).resume().end();
      } else if (stopped === "odd") {
        leave();
        this.#options.handOver(socket, this.#mended(chunk.subarray(used)));
      } else if (!flushed) {
        // A client that asks without reading the answers gets no further until it does.
        unread = rest;
        socket.pause();
      } else if (rest) read(rest);
    };
    socket.on("data", read).on("end", end).on("error", drop).on("timeout", drop).on("close", leave);
    socket.on("drain", goOn);
    socket.setTimeout(this.#options.idle);
  }

  /** Ends every connection. Answers are written as a whole, so none is cut. */
  end(): void {
    for (const socket of this.#sockets) socket.destroySoon();
  }

  /** Answers the requests in a text one after the other, as far as it goes. */
  #answerAll(text: string, known: string): Answered {
    let reply = "";
    let used = 0;
    let headers = known;
    while (used < text.length && reply.length < LARGEST_REPLY) {
      const request = readHead(text, used, headers);
      const answer = request && this.#options.answer(request);
      if (!request || answer === undefined) return { reply, used, stopped: "odd", headers };
      reply += answer;
      used = request.end;
      headers = request.headers;
      if (!request.keepAlive) return { reply, used, stopped: "closed", headers };
    }
    return { reply, used, stopped: undefined, headers };
  }

  /** The bytes with a request target that the full server takes. */
  #mended(unread: Buffer): Buffer {
    const line = unread.toString("latin1", 0, Math.max(0, unread.indexOf("\r\n")));
    const target = ODD_TARGET.exec(line)?.[0];
    const mended = target === undefined ? undefined : this.#options.mend(target);
    if (target === undefined || mended === undefined) return unread;
    return Buffer.concat([
      Buffer.from(
        line.replace(target, () => mended),
        "latin1",
      ),
      unread.subarray(line.length),
    ]);
  }
}

/** How far a text was answered. */
interface Answered {
  readonly reply: string;
  /** Characters whose requests were answered. */
  readonly used: number;
  /** Why what follows is not for the fast lane; undefined if it may be. */
  readonly stopped: "closed" | "odd" | undefined;
  /** The headers of the last request. */
  readonly headers: string;
}

/** A plain request, and where in the text it ends. */
interface ReadRequest extends QuickRequest {
  readonly end: number;
}

/** Reads one plain request head, or returns undefined. `known` is a block of headers that was found plain before. */
function readHead(text: string, start: number, known: string): ReadRequest | undefined {
  const method = text.startsWith("GET /", start)
    ? "GET"
    : text.startsWith("HEAD /", start)
      ? "HEAD"
      : undefined;
  if (!method) return undefined;
  const targetStart = start + method.length + 1;
  const targetEnd = endOfTarget(text, targetStart);
  if (targetEnd - targetStart > LARGEST_HEAD) return undefined;
  if (!text.startsWith(" HTTP/1.1\r\n", targetEnd)) return undefined;
  const headersStart = targetEnd + 11;
  const same = known !== "" && text.startsWith(known, headersStart);
  const headersEnd = same ? headersStart + known.length : endOfHead(text, headersStart);
  if (headersEnd < 0) return undefined;
  const headers = same ? known : text.slice(headersStart, headersEnd);
  const plain = same ? lastPlain(headers) : plainHeaders(headers);
  if (!plain) return undefined;
  return { method, target: text.slice(targetStart, targetEnd), headers, end: headersEnd, ...plain };
}

/** The target of a request line that holds a byte beyond ASCII. */
const ODD_TARGET = /(?<=^[A-Z]+ )[\x21-\x7e\x80-\xff]*[\x80-\xff][\x21-\x7e\x80-\xff]*(?= HTTP\/1\.[01]$)/;

/** The first byte that may not stand in a request target: a space or a control byte. */
function endOfTarget(text: string, start: number): number {
  let at = start;
  for (let code = text.charCodeAt(at); code > 0x20 && code !== 0x7f; code = text.charCodeAt(++at));
  return at;
}

function endOfHead(text: string, start: number): number {
  const blank = text.indexOf("\r\n\r\n", start - 2);
  return blank < 0 || blank - start > LARGEST_HEAD ? -1 : blank + 4;
}

interface Plain {
  readonly host: string;
  readonly keepAlive: boolean;
}

/** Clients repeat their headers, so the verdict on the last block usually serves for the next. */
let lastBlock = "";
let lastVerdict: Plain | undefined;

function lastPlain(headers: string): Plain | undefined {
  return headers === lastBlock ? lastVerdict : plainHeaders(headers);
}

function plainHeaders(headers: string): Plain | undefined {
  if (headers !== lastBlock) {
    lastBlock = headers;
    lastVerdict = judge(headers);
  }
  return lastVerdict;
}

/**
 * One header line: a token, a colon, and a value of visible characters, spaces and tabs. The value is trimmed
 * elsewhere, because a pattern that does it takes quadratic time for long runs of spaces.
 */
const LINE = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([\t\x20-\x7e\x80-\xff]*)\r\n/y;

/** Headers whose presence changes how a request is read or answered. */
const NOT_PLAIN =
  /^(?:content-length|transfer-encoding|expect|upgrade|trailer|te|http2-settings|keep-alive|proxy-connection)$/i;

function judge(headers: string): Plain | undefined {
  let host: string | undefined;
  let connection: string | undefined;
  let at = 0;
  for (const end = headers.length - 2; at < end; at = LINE.lastIndex) {
    LINE.lastIndex = at;
    const line = LINE.exec(headers);
    if (!line) return undefined;
    const name = line[1] as string;
    if (name.length === 4 && name.toLowerCase() === "host") {
      if (host !== undefined) return undefined;
      host = trimmed(line[2] as string);
    } else if (name.length === 10 && name.toLowerCase() === "connection") {
      if (connection !== undefined) return undefined;
      connection = trimmed(line[2] as string).toLowerCase();
    } else if (NOT_PLAIN.test(name)) return undefined;
  }
  if (connection !== undefined && connection !== "keep-alive" && connection !== "close") return undefined;
  if (host === undefined || host === "" || /[\s/?#@\\]/.test(host)) return undefined;
  return { host, keepAlive: connection !== "close" };
}

/** Without the spaces and tabs around it, and no others: \xa0 is a byte of the value. */
function trimmed(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isBlank(value.charCodeAt(start))) start++;
  while (end > start && isBlank(value.charCodeAt(end - 1))) end--;
  return value.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

import type { QuickRequest } from "../core/doors.ts";

/** A target or a block of headers larger than this, in bytes, goes to the full server, which has the limits. */
const LARGEST_HEAD = 8_192;

/** A plain request, and where in the text it ends. */
export interface ReadRequest extends QuickRequest {
  readonly end: number;
}

/** Reads one plain request head, or returns undefined. `known` is a block of headers that was found plain before. */
export function readHead(text: string, start: number, known: string): ReadRequest | undefined {
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
export function trimmed(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isBlank(value.charCodeAt(start))) start++;
  while (end > start && isBlank(value.charCodeAt(end - 1))) end--;
  return value.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

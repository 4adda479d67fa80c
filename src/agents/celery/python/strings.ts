import type { Python } from "./value.ts";

const OPENING = /([uU]|[rR][bB]?|[bB][rR]?)?('''|"""|'|")/y;

const SIMPLE: Readonly<Record<string, string>> = {
  "\n": "",
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** An escape that is written with digits, at the character after the backslash. */
const NUMERIC = /[0-7]{1,3}|x[\dA-Fa-f]{2}|u[\dA-Fa-f]{4}|U[\dA-Fa-f]{8}/y;

/** One string or bytes literal at a place of a text, and where it ends. */
export function stringAt(text: string, at: number): { value: Python; end: number } | undefined {
  OPENING.lastIndex = at;
  const opening = OPENING.exec(text);
  if (!opening) return undefined;
  const [whole, prefix = "", quote = ""] = opening;
  const begin = at + whole.length;
  const close = closing(text, begin, quote);
  if (close === undefined) return undefined;
  const body = text.slice(begin, close);
  const bytes = /b/i.test(prefix);
  const content = /r/i.test(prefix) ? body : unescaped(body, bytes);
  if (content === undefined) return undefined;
  const value = bytes ? bytesOf(body, content) : ({ type: "str", value: content } as const);
  return value && { value, end: close + quote.length };
}

function closing(text: string, begin: number, quote: string): number | undefined {
  for (let at = begin; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text.startsWith(quote, at)) return at;
    else if (text[at] === "\n" && quote.length === 1) return undefined;
  }
  return undefined;
}

function bytesOf(source: string, content: string): Python | undefined {
  if (/[^\x00-\x7f]/.test(source)) return undefined;
  return { type: "bytes", value: Buffer.from(content, "latin1") };
}

function unescaped(body: string, bytes: boolean): string | undefined {
  if (!body.includes("\\")) return body;
  let out = "";
  for (let at = 0; at < body.length; ) {
    const next = body.indexOf("\\", at);
    if (next < 0) return out + body.slice(at);
    out += body.slice(at, next);
    const found = escapeAt(body, next + 1, bytes);
    if (!found) return undefined;
    out += found.text;
    at = found.end;
  }
  return out;
}

function escapeAt(body: string, at: number, bytes: boolean): { text: string; end: number } | undefined {
  const letter = body[at] ?? "";
  const simple = SIMPLE[letter];
  if (simple !== undefined) return { text: simple, end: at + 1 };
  const wide = letter === "u" || letter === "U";
  NUMERIC.lastIndex = at;
  const digits = bytes && wide ? undefined : NUMERIC.exec(body)?.[0];
  if (digits !== undefined) return numeric(digits, at + digits.length, bytes);
  // A cut numeric escape, and a character by name, which would need all of Unicode's names.
  if (letter === "x" || (!bytes && (wide || letter === "N"))) return undefined;
  return { text: `\\${letter}`, end: at + 1 };
}

function numeric(digits: string, end: number, bytes: boolean): { text: string; end: number } | undefined {
  const code = /^[0-7]/.test(digits) ? Number.parseInt(digits, 8) : Number.parseInt(digits.slice(1), 16);
  if (code > 0x10ffff) return undefined;
  return { text: String.fromCodePoint(bytes ? code & 0xff : code), end };
}

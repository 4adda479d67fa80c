import { createHash, timingSafeEqual } from "node:crypto";

/** What is shown in place of a secret. */
export const MASK = "***";

/** A text that must never be shown. Whoever needs it says so by calling `reveal`. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  /** Whether a text is this one. How long that takes says nothing about where they differ, nor how long it is. */
  is(given: string): boolean {
    return timingSafeEqual(digest(given), digest(this.#text));
  }

  /** Whether an `Authorization` header bears it: `Bearer TOKEN`, the scheme in any letters (RFC 9110, 11.1). */
  isBorneBy(header: string | undefined): boolean {
    const [, given] = /^Bearer +(.*)$/i.exec(header ?? "") ?? [];
    return given !== undefined && this.is(given);
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  /** What `console.log` and `util.inspect` show. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return MASK;
  }
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** A copy that may be shown: secrets, and passwords and keys inside URLs, are masked. */
export function presentable(value: unknown): unknown {
  if (value instanceof Secret) return MASK;
  if (typeof value === "string") return maskUrl(value);
  if (Array.isArray(value)) return value.map(presentable);
  if (value !== null && typeof value === "object") {
    if ("toJSON" in value && typeof value.toJSON === "function") return presentable(value.toJSON());
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, presentable(inner)]));
  }
  return typeof value === "function" ? undefined : value;
}

/** Names of query parameters whose values are nobody's business. Azure calls its keys `code`. */
const SENSITIVE =
  /([?&](?:[\w.-]{0,40}(?:auth|token|secret|passw|pwd|api-?_?key|access-?_?key|signature|credential)[\w.-]{0,40}|key|code|sig)=)[^\s&#"'<>]+/gi;

/**
 * Masks the password of a URL, and keys in its query: `amqp://user:***@host`, `/hook?api_key=***`. Of http, whoever
 * stands there without a password is one: `https://***@host`.
 */
export function maskUrl(text: string): string {
  // Up to the last @ of the authority, because people do not always encode the one in their password.
  const shown = text
    .replace(/(\w:\/\/[^\s:/?#@]*):[^\s/?#]*@/g, `$1:${MASK}@`)
    .replace(/(https?:\/\/)[^\s:/?#@]+@/gi, `$1${MASK}@`);
  return shown.includes("?") ? shown.replace(SENSITIVE, `$1${MASK}`) : shown;
}

/** A copy with secrets in clear, to tell configurations apart. Never show it. */
export function revealed(value: unknown): unknown {
  if (value instanceof Secret) return value.reveal();
  if (Array.isArray(value)) return value.map(revealed);
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revealed(inner)]));
  }
  return value;
}

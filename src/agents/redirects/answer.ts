import { STATUS_CODES } from "node:http";
import type { Decision, PageDecision, RedirectDecision } from "./decision.ts";
import { redirectBody } from "./location.ts";

/** What is sent. Header values and text bodies hold one character for each byte. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** undefined: no body and no length either, as for HEAD. */
  readonly body: Buffer | string | undefined;
}

/** What of a request matters for the form of its answer. */
export interface Asking {
  readonly method: string;
  readonly ifNoneMatch?: string | undefined;
  readonly acceptEncoding?: string | undefined;
}

export interface AnswerOptions {
  /** `Cache-Control` of pages and redirects; undefined: none. */
  readonly cacheControl: string | undefined;
}

/** The answer to a decision: for redirects what Go's `http.Redirect` sends, for pages what the peer sends, and more where asked. */
export function answerTo(decision: Decision, asking: Asking, options: AnswerOptions): Answer {
  switch (decision.kind) {
    case "redirect":
      return withCache(redirect(decision, asking), options);
    case "page":
      return withCache(page(decision, asking), options);
    case "terminal":
      return terminal(decision.code, asking);
  }
}

function redirect({ code, location, url }: RedirectDecision, { method }: Asking): Answer {
  const type = { "content-type": "text/html; charset=utf-8", location };
  if (method === "GET") return { status: code, headers: type, body: redirectBody(url, code) };
  if (method === "HEAD") return { status: code, headers: type, body: undefined };
  return { status: code, headers: { location }, body: "" };
}

function page({ page: ready }: PageDecision, asking: Asking): Answer {
  const { brotli, gzip } = ready;
  const coding =
    brotli && accepts(asking, "br") ? "br" : gzip && accepts(asking, "gzip") ? "gzip" : undefined;
  const etag = tagFor(ready.etag, coding);
  const headers = {
    "content-type": ready.type,
    ...(etag !== undefined && { etag }),
    ...((brotli || gzip) && { vary: "Accept-Encoding" }),
    ...(coding && { "content-encoding": coding }),
  };
  if (etag !== undefined && isKnown(etag, asking)) return { status: 304, headers, body: undefined };
  const body = coding === "br" ? brotli : coding === "gzip" ? gzip : ready.body;
  return { status: 200, headers, body };
}

/** Each coding of a page is a representation of its own, with a tag of its own (RFC 9110, 8.8.3.3). */
function tagFor(etag: string | undefined, coding: string | undefined): string | undefined {
  return etag === undefined || coding === undefined ? etag : `${etag.slice(0, -1)}-${coding}"`;
}

/** Whether the caller has this very representation (RFC 9110, 13.1.2); only who would get it can have it. */
function isKnown(etag: string, { method, ifNoneMatch }: Asking): boolean {
  if (ifNoneMatch === undefined || (method !== "GET" && method !== "HEAD")) return false;
  const tags = ifNoneMatch.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return tags.includes("*") || tags.includes(etag);
}

function accepts({ acceptEncoding = "" }: Asking, coding: string): boolean {
  for (const part of acceptEncoding.toLowerCase().split(",")) {
    const [name, ...parameters] = part.split(";").map((text) => text.trim());
    if (name === coding) return !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter));
  }
  return false;
}

function terminal(code: number, { method }: Asking): Answer {
  const text = `${code} ${STATUS_CODES[code] ?? "Gone"}\n`;
  const headers = { "content-type": "text/plain; charset=utf-8" };
  return { status: code, headers, body: method === "HEAD" ? undefined : text };
}

function withCache(answer: Answer, { cacheControl }: AnswerOptions): Answer {
  if (cacheControl === undefined) return answer;
  return { ...answer, headers: { ...answer.headers, "cache-control": cacheControl } };
}

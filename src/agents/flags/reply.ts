import type { IncomingMessage, ServerResponse } from "node:http";
import { isTooDeep } from "../../core/nesting.ts";
import { bodyOf } from "../../wire/request-body.ts";

/** An answer over HTTP. There is never an ETag here unless somebody sets it: FeatBit's Node SDK stumbles over one. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

const JSON_TYPE = "application/json; charset=utf-8";

export function json(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { "content-type": JSON_TYPE, ...headers }, body: JSON.stringify(value) };
}

/** JSON that is text already. */
export function ready(body: Buffer | string): Reply {
  return { status: 200, headers: { "content-type": JSON_TYPE }, body };
}

export function text(body: string, status = 200, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { "content-type": "text/plain; charset=utf-8", ...headers }, body };
}

export function nothing(status = 200): Reply {
  return { status };
}

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  404: "Not Found",
  405: "Method Not Allowed",
  413: "Payload Too Large",
  503: "Service Unavailable",
};

/** A refusal as RFC 9457 has it, which is what the peer answers. */
export function problem(status: number, detail: string): Reply {
  const title = TITLES[status] ?? "Error";
  return {
    ...json({ type: "about:blank", title, status, detail }, status),
    headers: {
      "content-type": "application/problem+json",
      ...(status === 503 && { "retry-after": "1" }),
    },
  };
}

export function send(
  response: ServerResponse,
  { status, headers = {}, body = "" }: Reply,
  method = "GET",
): void {
  if (response.headersSent || response.destroyed) return;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (status !== 204 && status !== 304) response.setHeader("content-length", Buffer.byteLength(body));
  response.writeHead(status);
  response.end(method === "HEAD" ? undefined : body);
}

/** A body that cannot be taken; it is answered with this. */
export class BadBody extends Error {
  readonly reply: Reply;

  constructor(reply: Reply) {
    super("a body cannot be taken");
    this.reply = reply;
  }
}

/** The JSON of a request. Throws BadBody for what is none, and for more than `largest` bytes. */
export async function jsonBody(request: IncomingMessage, largest: number): Promise<unknown> {
  const body = await bodyOf(request, (size) => size <= largest);
  if (!body) throw new BadBody(problem(413, `the body is larger than ${largest} bytes`));
  const text = body.toString("utf8");
  if (isTooDeep(text)) throw new BadBody(problem(400, "the body is nested too deeply"));
  try {
    return JSON.parse(text);
  } catch {
    throw new BadBody(problem(400, "the body is no JSON"));
  }
}

import type { IncomingMessage } from "node:http";

/** What a route answers. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** What a route is asked. */
export interface Asked {
  readonly headers: IncomingMessage["headers"];
  /** What follows the route's own path. */
  readonly rest: string;
  readonly body: () => Promise<unknown>;
  readonly signal: AbortSignal;
}

/** No body is larger, in bytes. */
const LARGEST = 1 << 20;

export function ok(body: unknown): Answer {
  return { status: 200, body };
}

/** Errors as Leek's API has them. Source: leek §8.2. */
export function refused(status: number, code: string, reason: string): Answer {
  return { status, body: { error: { code, message: reason, reason } } };
}

/** The text of a body; undefined for one that is too large. */
export async function textBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST) break;
    chunks.push(chunk);
  }
  if (size <= LARGEST) return Buffer.concat(chunks).toString("utf8");
  // Given up in the middle it would hold its connection, and with it the end of the process.
  request.resume();
  return undefined;
}

/** @returns undefined for what is no JSON, or too large */
export async function jsonBody(request: IncomingMessage): Promise<unknown> {
  try {
    return JSON.parse((await textBody(request)) ?? "") as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

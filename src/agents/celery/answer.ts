import type { IncomingMessage } from "node:http";
import { bodyOf } from "../../wire/request-body.ts";

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
  return (await bodyOf(request, (size) => size <= LARGEST))?.toString("utf8");
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

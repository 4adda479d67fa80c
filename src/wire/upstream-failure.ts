import { errnoOf, messageOf } from "../core/problems.ts";
import { errors } from "./undici.ts";

/** What a caller is told when the upstream gave no answer. */
export interface Refusal {
  readonly status: 502 | 504;
  readonly phrase: string;
  readonly text: string;
}

export function refusalOf(error: Error, upstream: string): Refusal {
  if (isTimeout(error)) {
    const text = `the upstream ${upstream} did not answer in time\n`;
    return { status: 504, phrase: "Gateway Timeout", text };
  }
  const why = errnoOf(error) ?? messageOf(error);
  return { status: 502, phrase: "Bad Gateway", text: `the upstream ${upstream} cannot be reached: ${why}\n` };
}

/** Whether the connection was cut, as a kept-alive one may be at the very moment it is used. */
export function isCut(error: Error): boolean {
  return error instanceof errors.SocketError || ["ECONNRESET", "EPIPE"].includes(errnoOf(error) ?? "");
}

function isTimeout(error: Error): boolean {
  return (
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError ||
    error instanceof errors.ConnectTimeoutError
  );
}

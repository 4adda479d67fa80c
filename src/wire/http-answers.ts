import { DeniedProblem, LinkProblem, type Problem, RejectedProblem } from "../core/problems.ts";
import type { HttpAnswer } from "./http-collector.ts";

/** The JSON of an answer. Throws LinkProblem for what is none: a proxy's page in HTML, most of the time. */
export function jsonOf(answer: HttpAnswer, what: string): unknown {
  const text = answer.body.toString("utf8");
  try {
    return JSON.parse(text);
  } catch (cause) {
    const kind = /^\s*</.test(text) ? "HTML" : "something that is no JSON";
    throw new LinkProblem("answer_unexpected", `${what} answered ${answer.status} with ${kind}`, { cause });
  }
}

/**
 * What an HTTP status that means failure is to the one who asked. A kind may decide otherwise, with a reason.
 * @param told a few words of the answer's body
 */
export function statusProblem(status: number, what: string, told: string, retryAfter?: number): Problem {
  const message = `${what} answered ${status}${told === "" ? "" : `: ${told}`}`;
  if (status === 401 || status === 403) return new DeniedProblem("credentials_refused", message);
  if (status === 429 || status === 408 || status === 425 || status >= 500) {
    return new LinkProblem("server_failed", message, retryAfter === undefined ? {} : { retryAfter });
  }
  if (status >= 400) return new RejectedProblem("item_refused", message);
  return new LinkProblem("answer_unexpected", message);
}

/** `Retry-After` in milliseconds: a number of seconds, or a date. */
export function retryAfterOf(headers: HttpAnswer["headers"]): number | undefined {
  const value = headers["retry-after"];
  if (typeof value !== "string") return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

import { Within } from "../../../core/life.ts";
import { LinkProblem, type Problem, RejectedProblem } from "../../../core/problems.ts";
import type { Answer, Backend, Call } from "./call.ts";

/** The share of an event's time that several backends have together. Source: krakend-async §5.9. */
const SHARE = 0.85;

/** How several backends are called: what each is given, and in which order. */
export type Several = (call: Call, signal: AbortSignal) => Promise<Answer>;

/** Calls all at once; each answer is laid over those that came before it. All of them must succeed. */
export function parallel(backends: readonly Backend[], timeout: number): Several {
  return (call, signal) =>
    inTime(timeout, signal, async (inner) => {
      let merged: Answer | undefined;
      const add = (answer: Answer) => {
        merged = joined(merged, answer);
      };
      await Promise.all(backends.map(async (backend) => add(await backend(call, inner))));
      return merged!;
    });
}

/**
 * Lays an answer over those before it, fields at the top only. A part without data leaves the whole incomplete. The
 * first one alone stays what it is; two together have no status and no headers.
 */
export function joined(before: Answer | undefined, answer: Answer): Answer {
  if (!before) return answer;
  const problem = both(before.problem, answer.problem);
  const data = before.data || answer.data ? { ...before.data, ...answer.data } : undefined;
  if (problem) return { data, complete: false, status: 0, headers: {}, problem };
  const complete = before.complete && answer.complete && !!before.data && !!answer.data;
  return { data: data ?? {}, complete, status: 0, headers: {} };
}

export async function inTime(
  timeout: number,
  signal: AbortSignal,
  run: (inner: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const within = new Within(signal, timeout * SHARE);
  try {
    return await run(within.signal);
  } finally {
    within.release();
  }
}

/** Both reasons, a line each. The event is tried again only if every part that failed may succeed then. */
function both(one: Problem | undefined, other: Problem | undefined): Problem | undefined {
  if (!one || !other) return one ?? other;
  const message = `${one.message}\n${other.message}`;
  const isFinal = one instanceof RejectedProblem || other instanceof RejectedProblem;
  if (isFinal) return new RejectedProblem("item_refused", message);
  const retryAfter = Math.max(one.retryAfter ?? 0, other.retryAfter ?? 0);
  return new LinkProblem("server_failed", message, retryAfter > 0 ? { retryAfter } : {});
}

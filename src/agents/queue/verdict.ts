import { type Problem, RejectedProblem } from "../../core/problems.ts";
import type { RetryConfig } from "./config/delivery.ts";

/** Whether an event that was answered with this status is tried again. */
export function triesStatusAgain({ on }: RetryConfig): (status: number) => boolean {
  return (status) => has(on, status) || has(on, `${Math.floor(status / 100)}xx`);
}

/** A failure as a verdict on the event: what is not to be tried again is rejected. */
export function verdictOf({ on }: RetryConfig): (problem: Problem) => Problem {
  return (problem) => {
    const network = problem.code === "connect_failed" && !has(on, "network");
    const timeout = problem.code === "timed_out" && !has(on, "timeout");
    return network || timeout
      ? new RejectedProblem("item_refused", problem.message, { cause: problem })
      : problem;
  };
}

function has(on: readonly unknown[], what: string | number): boolean {
  return on.includes(what);
}

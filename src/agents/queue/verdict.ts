import { type Problem, RejectedProblem } from "../../core/problems.ts";
import type { RetryConfig } from "./config/delivery.ts";

/** Whether an event that was answered with this status is tried again. */
export function triesStatusAgain({ on }: RetryConfig): (status: number) => boolean {
  const statuses = new Set<unknown>(on);
  return (status) => statuses.has(status) || statuses.has(`${Math.floor(status / 100)}xx`);
}

/** A failure as a verdict on the event: what is not to be tried again is rejected. */
export function verdictOf({ on }: RetryConfig): (problem: Problem) => Problem {
  const words = new Set<unknown>(on);
  return (problem) => {
    const network = problem.code === "connect_failed" && !words.has("network");
    const timeout = problem.code === "timed_out" && !words.has("timeout");
    return network || timeout
      ? new RejectedProblem("item_refused", problem.message, { cause: problem })
      : problem;
  };
}

import { DeniedProblem, type Problem } from "./problems.ts";

/** How long to wait before trying again: a function from the number of failures so far (0, 1, 2 …) to milliseconds. */
export type Backoff = (failures: number) => number;

export interface BackoffOptions {
  /** The first wait, in milliseconds. Default 1,000. */
  readonly base?: number;
  /** No wait is longer than this, in milliseconds. Default 60,000. */
  readonly max?: number;
  /** With jitter: the share of a wait that is not left to chance, from 0 to 1. Default 0. */
  readonly least?: number;
  /** A number from 0 to 1, not including 1. Default `Math.random`. */
  readonly random?: () => number;
}

export type BackoffName = "constant" | "linear" | "exponential" | "exponential-jitter";

export const backoffNames = ["constant", "linear", "exponential", "exponential-jitter"] as const;

/** The waits that an agent can be configured with, by name. */
export function backoff(name: BackoffName, options: BackoffOptions = {}): Backoff {
  const { base = 1_000, max = 60_000, least = 0, random = Math.random } = options;
  const exponential: Backoff = (failures) => Math.min(max, base * 2 ** Math.min(failures, 30));
  switch (name) {
    case "constant":
      return () => Math.min(max, base);
    case "linear":
      return (failures) => Math.min(max, base * (failures + 1));
    case "exponential":
      return exponential;
    case "exponential-jitter":
      // Never nothing: a crowd that reconnects should spread, and a loop should breathe.
      return (failures) =>
        Math.max(Math.min(max, base) / 10, (least + (1 - least) * random()) * exponential(failures));
  }
}

export interface Patience {
  readonly backoff: Backoff;
  /** The wait after a `DeniedProblem`, in milliseconds, or how it grows. Default 60,000. */
  readonly denied?: number | Backoff;
  /**
   * A wait that the other side asked for counts up to this, in milliseconds: it may be back long before. Default
   * 300,000.
   */
  readonly asked?: number;
}

/**
 * How long to wait after a problem. After a `LinkProblem` as long as the backoff says, and no less than the other side
 * asked: "in one second" is said also by who is away for minutes. After a `DeniedProblem`, which only a person can mend,
 * as long as it says itself, or slowly.
 */
export function waitAfter(
  problem: Problem,
  failures: number,
  { backoff, denied = 60_000, asked = 300_000 }: Patience,
): number {
  const { retryAfter } = problem;
  if (problem instanceof DeniedProblem) {
    // "In 0 seconds" should not make us spin.
    if (retryAfter !== undefined) return Math.max(retryAfter, backoff(0));
    return typeof denied === "number" ? denied : denied(failures);
  }
  return Math.max(Math.min(retryAfter ?? 0, asked), backoff(failures));
}

/** How long to wait before trying again: a function from the number of failures so far (0, 1, 2 …) to milliseconds. */
export type Backoff = (failures: number) => number;

export interface BackoffOptions {
  /** The first wait, in milliseconds. Default 1,000. */
  readonly base?: number;
  /** No wait is longer than this, in milliseconds. Default 60,000. */
  readonly max?: number;
  /** A number from 0 to 1, not including 1. Default `Math.random`. */
  readonly random?: () => number;
}

export type BackoffName = "constant" | "linear" | "exponential" | "exponential-jitter";

export const backoffNames = ["constant", "linear", "exponential", "exponential-jitter"] as const;

/** The waits that an agent can be configured with, by name. */
export function backoff(name: BackoffName, options: BackoffOptions = {}): Backoff {
  const { base = 1_000, max = 60_000, random = Math.random } = options;
  const exponential: Backoff = (failures) => Math.min(max, base * 2 ** Math.min(failures, 30));
  switch (name) {
    case "constant":
      return () => base;
    case "linear":
      return (failures) => Math.min(max, base * (failures + 1));
    case "exponential":
      return exponential;
    case "exponential-jitter":
      // Full jitter, but never nothing: a crowd that reconnects should spread, and a loop should breathe.
      return (failures) => Math.max(base / 10, random() * exponential(failures));
  }
}

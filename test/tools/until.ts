import { setTimeout as pause } from "node:timers/promises";

export interface UntilOptions {
  /** How long to keep asking, in milliseconds. Default 10,000. */
  readonly within?: number;
  /** The pause between two questions, in milliseconds. Default 20. */
  readonly every?: number;
}

/**
 * Asks until the answer is neither undefined nor false, and returns it. For things outside that send no event; where
 * there is one, wait for that. A question that throws counts as "not yet".
 */
export async function until<T>(
  what: string | (() => string),
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  { within = 10_000, every = 20 }: UntilOptions = {},
): Promise<T> {
  const deadline = performance.now() + within;
  for (;;) {
    let trouble: unknown;
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      trouble = error;
    }
    if (performance.now() > deadline) {
      const told = typeof what === "string" ? what : what();
      throw new Error(`not within ${within} ms: ${told}`, { cause: trouble });
    }
    await pause(every);
  }
}

import { type Patience, waitAfter } from "./backoff.ts";
import type { Delivery, Rejected, Sink } from "./delivery.ts";
import type { Part } from "./health.ts";
import { type Life, sleep, unless } from "./life.ts";
import { isTrouble, messageOf, PartialProblem, Problem, RejectedProblem } from "./problems.ts";

/** An item that was taken from its source, and what was done with it so far. */
export interface Tried<T> {
  readonly delivery: Delivery<T>;
  /** When it was taken, in milliseconds of a clock that is never set (`performance.now`). */
  readonly at: number;
  /** How often it was written, in vain or not. */
  tries: number;
}

/** Keeps rejected items, and goes on trying while that is not possible: what is rejected must not be lost. */
export class SetAside<T> {
  readonly #sink: Sink<Rejected<T>>;
  readonly #part: Part;
  readonly #patience: Patience;

  constructor(sink: Sink<Rejected<T>>, part: Part, patience: Patience) {
    this.#sink = sink;
    this.#part = part;
    this.#patience = patience;
  }

  /** @returns false if the item could not be kept before the end: it is tried on stop, but not waited for */
  async keep(held: Tried<T>, reason: unknown, { stop, kill }: Life): Promise<boolean> {
    const item = rejection(held, reason);
    for (let failures = 0; failures === 0 || !stop.aborted; failures++) {
      if (kill.aborted) break;
      try {
        const kept = await unless(
          kill,
          this.#sink.write([item], kill).then(() => true),
        );
        if (kept) this.#part.up();
        return kept ?? false;
      } catch (error) {
        if (kill.aborted) return false;
        // Only one item was written, so what failed in part failed wholly.
        const problem = error instanceof PartialProblem ? error.failed.get(0) : error;
        if (problem instanceof RejectedProblem) {
          // It cannot even be kept. It is let go and counted: waiting for it would hold up all others.
          this.#part.down(problem);
          return true;
        }
        if (!isTrouble(problem)) throw error;
        await this.#wait(problem, failures, stop);
      }
    }
    return false;
  }

  async #wait(problem: Problem, failures: number, stop: AbortSignal): Promise<void> {
    const ms = waitAfter(problem, failures, this.#patience);
    this.#part.down(problem, Date.now() + ms);
    await sleep(ms, stop);
  }
}

/** What is written about an item that was set aside. */
function rejection<T>({ delivery, at, tries }: Tried<T>, reason: unknown): Rejected<T> {
  const code = reason instanceof Problem ? reason.code : "item_refused";
  const now = Date.now();
  const since = Math.round(now - (performance.now() - at));
  return { value: delivery.value, reason: messageOf(reason), code, tries, since, at: now };
}

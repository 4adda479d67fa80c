import type { Deduper } from "./dedupe.ts";
import type { Dropped } from "./dropped.ts";
import type { Event } from "./event.ts";

/** What is asked and done before an event goes to a backend. */
export interface PreparationOptions {
  /** False drops the event. Throws RejectedProblem. */
  readonly wanted: ((event: Event) => boolean) | undefined;
  readonly deduper: Deduper | undefined;
  /** Throws RejectedProblem. */
  readonly transform: ((event: Event) => Promise<Event>) | undefined;
}

/** Filter, then duplicates, then the new body. */
export class Preparation {
  readonly #options: PreparationOptions;

  constructor(options: PreparationOptions) {
    this.#options = options;
  }

  /** @returns the event as it goes out, or why it does not. Throws a Problem */
  async begin(event: Event): Promise<Event | Dropped> {
    const { wanted, deduper, transform } = this.#options;
    if (wanted && !wanted(event)) return "filtered";
    if (deduper && !(await deduper.claim(event))) return "duplicate";
    return transform ? transform(event).catch((error: unknown) => this.#forget([event], error)) : event;
  }

  /**
   * Delivers events that have begun. Those that were not delivered may come again.
   * @param deliver gives those that were not, where it does not throw
   */
  async around(events: readonly Event[], deliver: () => Promise<readonly Event[]>): Promise<void> {
    const undelivered = await deliver().catch((error: unknown) => this.#forget(events, error));
    for (const event of events) {
      // What was delivered is done, whether or not that can be remembered.
      if (undelivered.includes(event)) await this.#options.deduper?.forget(event).catch(() => {});
      else await this.#options.deduper?.confirm(event).catch(() => {});
    }
  }

  async #forget(events: readonly Event[], error: unknown): Promise<never> {
    // The failure of the event is what counts; a claim that stays runs out by itself.
    for (const event of events) await this.#options.deduper?.forget(event).catch(() => {});
    throw error;
  }
}

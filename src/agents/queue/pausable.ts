import { Bell } from "../../core/bell.ts";
import type { Delivery } from "../../core/delivery.ts";
import type { Feed, Link } from "../../core/feed.ts";
import { Within } from "../../core/life.ts";

/**
 * A source that can be paused. Then it takes nothing more, waits until everything it gave is settled, and closes its
 * link: what a broker had sent ahead goes to other consumers instead of waiting here.
 */
export class Pausable<T> implements Feed<Delivery<T>> {
  readonly #source: Feed<Delivery<T>>;
  readonly #bell = new Bell();
  #paused = false;
  /** Given and not settled. */
  #out = 0;
  #within: Within | undefined;

  constructor(source: Feed<Delivery<T>>) {
    this.#source = source;
  }

  get paused(): boolean {
    return this.#paused;
  }

  pause(): void {
    this.#paused = true;
    this.#closeIfIdle();
  }

  resume(): void {
    this.#paused = false;
    this.#bell.ring();
  }

  async *open(link: Link<Delivery<T>>): AsyncGenerator<Delivery<T>> {
    let closed: boolean;
    do {
      while (this.#paused && !link.signal.aborted) {
        link.up();
        await this.#bell.rung(link.signal);
      }
      closed = yield* this.#once(link);
    } while (closed && !link.signal.aborted);
  }

  async probe(signal: AbortSignal): Promise<void> {
    await this.#source.probe?.(signal);
  }

  /** @returns whether the link was closed for a pause */
  async *#once(link: Link<Delivery<T>>): AsyncGenerator<Delivery<T>, boolean> {
    const within = new Within(link.signal);
    this.#within = within;
    this.#out = 0;
    try {
      for await (const delivery of this.#source.open({ ...link, signal: within.signal })) {
        // One that comes all the same waits: for the pause to end, or for the link, after which it comes again.
        while (this.#paused && !within.signal.aborted) await this.#bell.rung(within.signal);
        if (within.signal.aborted) break;
        yield this.#counted(delivery, within);
      }
      return within.signal.aborted || this.#paused;
    } finally {
      this.#within = undefined;
      within.end();
    }
  }

  #counted({ value, bytes, settle }: Delivery<T>, within: Within): Delivery<T> {
    this.#out++;
    const settled = () => {
      if (this.#within !== within) return;
      this.#out--;
      this.#closeIfIdle();
    };
    return {
      value,
      bytes,
      settle: (outcome, reason) => {
        const settling = settle(outcome, reason);
        if (!settling) settled();
        return settling?.finally(settled);
      },
    };
  }

  #closeIfIdle(): void {
    if (this.#paused && this.#out === 0) this.#within?.end();
  }
}

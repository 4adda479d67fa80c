import { Bell } from "../../core/bell.ts";
import type { Delivery } from "../../core/delivery.ts";
import type { Link } from "../../core/feed.ts";
import { Within } from "../../core/life.ts";
import { type Handful, handfuls, oneByOne, type Source } from "../../core/source.ts";

/**
 * A source that can be paused. Then it takes nothing more, waits until everything it gave is settled, and closes its
 * link: what a broker had sent ahead goes to other consumers instead of waiting here. A link that its queue would not
 * outlive is kept, and what was sent ahead waits.
 */
export class Pausable<T> implements Source<T> {
  readonly #source: Source<T>;
  readonly #keepsLink: boolean;
  readonly #bell = new Bell();
  #paused = false;
  /** Given and not settled. */
  #out = 0;
  #within: Within | undefined;

  constructor(source: Source<T>, { keepsLink = false } = {}) {
    this.#source = source;
    this.#keepsLink = keepsLink;
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

  open(link: Link<Delivery<T>>): AsyncGenerator<Delivery<T>> {
    return oneByOne(this.handfuls(link));
  }

  async *handfuls(link: Link<Delivery<T>>): AsyncGenerator<Handful<T>> {
    while (!link.signal.aborted) {
      await this.#resumed(link);
      const within = new Within(link.signal);
      const { signal } = within;
      this.#within = within;
      this.#out = 0;
      try {
        for await (const handful of handfuls(this.#source, { ...link, signal })) {
          const taking = { handful: handful[Symbol.iterator](), over: false };
          while (await this.#goesOn(taking, signal)) yield this.#part(taking, within);
          if (signal.aborted) break;
        }
        // It has ended of its own accord, not for a pause.
        if (!signal.aborted && !this.#paused) return;
      } finally {
        this.#within = undefined;
        within.end();
      }
    }
  }

  async probe(signal: AbortSignal): Promise<void> {
    await this.#source.probe?.(signal);
  }

  async #resumed(link: Link<Delivery<T>>): Promise<void> {
    while (this.#paused && !link.signal.aborted) {
      link.up();
      await this.#bell.rung(link.signal);
    }
  }

  /** Whether more may be taken of a handful. What comes in a pause waits for its end, or comes again on the next link. */
  async #goesOn({ over }: Taking<T>, signal: AbortSignal): Promise<boolean> {
    while (!over && this.#paused && !signal.aborted) await this.#bell.rung(signal);
    return !over && !signal.aborted;
  }

  /** As much of a handful as there is before the next pause. */
  *#part(taking: Taking<T>, within: Within): Generator<Delivery<T>> {
    while (!this.#paused && !within.signal.aborted) {
      const next = taking.handful.next();
      taking.over = next.done ?? false;
      if (next.done) return;
      yield this.#counted(next.value, within);
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
    if (this.#paused && this.#out === 0 && !this.#keepsLink) this.#within?.end();
  }
}

/** A handful of which something may be left. */
interface Taking<T> {
  readonly handful: Iterator<Delivery<T>>;
  over: boolean;
}

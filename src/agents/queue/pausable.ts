import { Bell } from "../../core/bell.ts";
import type { Delivery } from "../../core/delivery.ts";
import type { Link } from "../../core/feed.ts";
import { Within } from "../../core/life.ts";
import { type Handful, handfuls, oneByOne, type Source } from "../../core/source.ts";

/**
 * A source that can be paused. Then it takes nothing more, waits until everything it gave is settled, and closes its
 * link: what a broker had sent ahead goes to other consumers instead of waiting here.
 */
export class Pausable<T> implements Source<T> {
  readonly #source: Source<T>;
  readonly #bell = new Bell();
  #paused = false;
  /** Given and not settled. */
  #out = 0;
  #within: Within | undefined;

  constructor(source: Source<T>) {
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

  open(link: Link<Delivery<T>>): AsyncGenerator<Delivery<T>> {
    return oneByOne(this.handfuls(link));
  }

  async *handfuls(link: Link<Delivery<T>>): AsyncGenerator<Handful<T>> {
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
  async *#once(link: Link<Delivery<T>>): AsyncGenerator<Handful<T>, boolean> {
    const within = new Within(link.signal);
    this.#within = within;
    this.#out = 0;
    try {
      for await (const handful of handfuls(this.#source, { ...link, signal: within.signal })) {
        yield* this.#parts(handful[Symbol.iterator](), within);
        if (within.signal.aborted) break;
      }
      return within.signal.aborted || this.#paused;
    } finally {
      this.#within = undefined;
      within.end();
    }
  }

  /** A handful, in parts where there are pauses in between. */
  async *#parts(handful: Iterator<Delivery<T>>, within: Within): AsyncGenerator<Handful<T>> {
    const { signal } = within;
    const taking = { handful, over: false };
    while (!taking.over) {
      // What comes all the same waits: for the pause to end, or for the link, after which it comes again.
      while (this.#paused && !signal.aborted) await this.#bell.rung(signal);
      if (signal.aborted) return;
      yield this.#part(taking, within);
    }
  }

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
    if (this.#paused && this.#out === 0) this.#within?.end();
  }
}

/** A handful of which something may be left. */
interface Taking<T> {
  readonly handful: Iterator<Delivery<T>>;
  over: boolean;
}

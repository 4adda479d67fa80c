import { Bell } from "../core/bell.ts";
import type { Delivery } from "../core/delivery.ts";
import type { Feed, Link } from "../core/feed.ts";

interface Letter<T> {
  readonly value: T;
  readonly bytes: number;
  readonly settled: () => void;
}

/**
 * A feed of what others hand in, such as the bodies of HTTP requests. It holds so many items; beyond them it takes
 * none. Put a spool behind it, and what was handed in survives the process.
 */
export class Inbox<T> implements Feed<Delivery<T>> {
  readonly local = true;
  readonly #most: number;
  readonly #bell = new Bell();
  #letters: Letter<T>[] = [];
  /** Given to somebody who has not settled them. */
  readonly #out = new Set<Letter<T>>();

  /** @param most how many items it holds until they are settled */
  constructor(most: number) {
    this.#most = most;
  }

  /** @returns a promise that resolves when the item is settled; undefined where there is no room for it */
  put(value: T, bytes: number): Promise<void> | undefined {
    if (this.#letters.length + this.#out.size >= this.#most) return undefined;
    return new Promise((settled) => {
      this.#letters.push({ value, bytes, settled });
      this.#bell.ring();
    });
  }

  async *open(link: Link<Delivery<T>>): AsyncGenerator<Delivery<T>> {
    if (link.signal.aborted) return;
    link.up();
    try {
      while (!link.signal.aborted) {
        const letter = this.#letters.shift();
        if (letter) yield this.#delivery(letter);
        else await this.#bell.rung(link.signal);
      }
    } finally {
      // What was not settled comes again.
      this.#letters.unshift(...this.#out);
      this.#out.clear();
    }
  }

  #delivery(letter: Letter<T>): Delivery<T> {
    this.#out.add(letter);
    return {
      value: letter.value,
      bytes: letter.bytes,
      settle: (outcome) => {
        if (!this.#out.delete(letter)) return;
        if (outcome === "retry") this.#letters.unshift(letter);
        else letter.settled();
        this.#bell.ring();
      },
    };
  }
}

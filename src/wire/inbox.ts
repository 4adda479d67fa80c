import { Bell } from "../core/bell.ts";
import type { Delivery, Outcome } from "../core/delivery.ts";
import type { Feed, Link } from "../core/feed.ts";

/** What became of an item; `retry` means that it was not taken. */
export interface Settled {
  readonly outcome: Outcome;
  readonly reason?: unknown;
}

interface Letter<T> {
  readonly value: T;
  readonly bytes: number;
  readonly settled: (settled: Settled) => void;
}

/**
 * A feed of what others hand in, such as the bodies of HTTP requests. It holds so many items; beyond them it takes
 * none. Put a spool behind it, and what was handed in survives the process.
 */
export class Inbox<T> implements Feed<Delivery<T>> {
  readonly local = true;
  readonly #most: number;
  readonly #mostBytes: number;
  readonly #again: boolean;
  readonly #bell = new Bell();
  #letters: Letter<T>[] = [];
  /** Given to somebody who has not settled them. */
  readonly #out = new Set<Letter<T>>();
  #shut = false;
  #bytes = 0;

  /**
   * @param most how many items it holds until they are settled
   * @param again whether an item that was settled as `retry` is given again; if not, whoever handed it in is told
   * @param mostBytes how many bytes it holds. Default: no limit
   */
  constructor(most: number, again = true, mostBytes = Number.POSITIVE_INFINITY) {
    this.#most = most;
    this.#again = again;
    this.#mostBytes = mostBytes;
  }

  /** Whether an item of this size would be taken now. */
  hasRoom(bytes: number): boolean {
    if (this.#shut || this.#letters.length + this.#out.size >= this.#most) return false;
    return this.#bytes + bytes <= this.#mostBytes;
  }

  /** @returns a promise that resolves when the item is settled; undefined where there is no room for it */
  put(value: T, bytes: number): Promise<Settled> | undefined {
    if (!this.hasRoom(bytes)) return undefined;
    this.#bytes += bytes;
    return new Promise((resolve) => {
      const settled = (end: Settled) => {
        this.#bytes -= bytes;
        resolve(end);
      };
      this.#letters.push({ value, bytes, settled });
      this.#bell.ring();
    });
  }

  /** Gives back what nobody has taken yet. */
  giveBack(): void {
    for (const { settled } of this.#letters.splice(0)) settled({ outcome: "retry" });
  }

  /** Takes nothing any more, and gives back what nobody has taken yet; after the last link, all that is left. */
  shut(): void {
    this.#shut = true;
    this.giveBack();
  }

  async *open(link: Link<Delivery<T>>): AsyncGenerator<Delivery<T>> {
    link.up();
    try {
      while (!link.signal.aborted) {
        const letter = this.#letters.shift();
        if (letter) yield this.#delivery(letter);
        else await this.#bell.rung(link.signal);
      }
    } finally {
      // What was not settled comes again, and a settling that comes late counts for nothing.
      this.#letters.unshift(...this.#out);
      this.#out.clear();
    }
  }

  #delivery(letter: Letter<T>): Delivery<T> {
    this.#out.add(letter);
    return {
      value: letter.value,
      bytes: letter.bytes,
      settle: (outcome, reason) => {
        if (!this.#out.delete(letter)) return;
        if (outcome === "retry" && this.#again && !this.#shut) this.#letters.unshift(letter);
        else letter.settled({ outcome, reason });
        this.#bell.ring();
      },
    };
  }
}

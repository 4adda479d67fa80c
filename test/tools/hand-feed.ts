import { Bell } from "../../src/core/bell.ts";
import type { Delivery, Outcome } from "../../src/core/delivery.ts";
import type { Feed, Link } from "../../src/core/feed.ts";
import { onAbort } from "../../src/core/life.ts";

type Order<T> = { readonly item: T } | { readonly error: unknown } | "end" | "up";

/** A feed that does what the test tells it, and remembers how it was opened. */
export class HandFeed<T> implements Feed<T> {
  readonly local: boolean;
  /** Every opening so far, the newest last. */
  readonly links: Link<T>[] = [];
  readonly #bell = new Bell();
  readonly #orders: Order<T>[] = [];

  constructor({ local = false } = {}) {
    this.local = local;
  }

  give(...items: readonly T[]): void {
    for (const item of items) this.#order({ item });
  }

  break(error: unknown): void {
    this.#order({ error });
  }

  /** Ends the link of its own accord. */
  end(): void {
    this.#order("end");
  }

  up(): void {
    this.#order("up");
  }

  async *open(link: Link<T>): AsyncGenerator<T> {
    this.links.push(link);
    const forget = onAbort(link.signal, () => this.#bell.ring());
    try {
      while (!link.signal.aborted) {
        const order = this.#orders.shift();
        if (order === undefined) await this.#bell.rung();
        else if (order === "end") return;
        else if (order === "up") link.up();
        else if ("error" in order) throw order.error;
        else yield order.item;
      }
    } finally {
      forget();
    }
  }

  #order(order: Order<T>): void {
    this.#orders.push(order);
    this.#bell.ring();
  }
}

/** A delivery that remembers how it was settled. */
export interface Recorded<T> extends Delivery<T> {
  readonly outcomes: Outcome[];
  readonly reasons: unknown[];
}

export function delivery<T>(value: T, bytes = 1): Recorded<T> {
  const outcomes: Outcome[] = [];
  const reasons: unknown[] = [];
  return {
    value,
    bytes,
    outcomes,
    reasons,
    settle: (outcome, reason) => {
      outcomes.push(outcome);
      reasons.push(reason);
    },
  };
}

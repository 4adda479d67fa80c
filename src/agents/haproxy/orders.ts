import type { State } from "./state.ts";

/** What was ordered in a row, in its order: read, change, read. */
export interface Order {
  readonly readFirst: boolean;
  readonly change: Partial<State> | undefined;
  readonly readLast: boolean;
}

/**
 * What was ordered and is not carried out yet, however often it was: signals come in crowds. Changes in a row are
 * one change, and reading between two of them would only bring back what the first one wrote.
 */
export class Orders {
  #readFirst = false;
  #change: Partial<State> | undefined;
  #readLast = false;

  change(change: Partial<State>): void {
    this.#change = { ...this.#change, ...change };
    this.#readLast = false;
  }

  read(): void {
    if (this.#change) this.#readLast = true;
    else this.#readFirst = true;
  }

  /** Hands out what there is, and begins anew; undefined if there is nothing. */
  take(): Order | undefined {
    if (!this.#readFirst && !this.#change) return undefined;
    const order = { readFirst: this.#readFirst, change: this.#change, readLast: this.#readLast };
    this.#readFirst = false;
    this.#change = undefined;
    this.#readLast = false;
    return order;
  }
}

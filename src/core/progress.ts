/** Up to where everything is settled, of items that begin in order and are settled in any order. */
export class Progress<P> {
  readonly #steps = new Set<{ readonly next: P; settled: boolean }>();
  #position: P;
  #open = 0;

  /** @param position up to where everything is settled already */
  constructor(position: P) {
    this.#position = position;
  }

  get position(): P {
    return this.#position;
  }

  /** How many items have begun and are not settled. */
  get open(): number {
    return this.#open;
  }

  /**
   * An item begins; the next one begins at `next`.
   * @returns a function that says it is settled, and returns whether the position has moved
   */
  begin(next: P): () => boolean {
    const step = { next, settled: false };
    this.#steps.add(step);
    this.#open++;
    return () => {
      if (step.settled) return false;
      step.settled = true;
      this.#open--;
      const before = this.#position;
      for (const each of this.#steps) {
        if (!each.settled) break;
        this.#position = each.next;
        this.#steps.delete(each);
      }
      return this.#position !== before;
    };
  }
}

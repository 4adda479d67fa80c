/** An item that has begun and is not settled, between those that began before and after it. */
interface Step<P> {
  /** Up to where everything is settled once this one and all before it are. */
  upTo: P;
  before: Step<P> | undefined;
  after: Step<P> | undefined;
  settled: boolean;
}

/**
 * Up to where everything is settled, of items that begin in order and are settled in any order.
 *
 * What is settled leaves no record: the item before it takes over how far it reaches. So one item that takes its time
 * holds no memory for all that are settled beyond it.
 */
export class Progress<P> {
  #position: P;
  #last: Step<P> | undefined;
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
    const step: Step<P> = { upTo: next, before: this.#last, after: undefined, settled: false };
    if (this.#last) this.#last.after = step;
    this.#last = step;
    this.#open++;
    return () => !step.settled && this.#settle(step);
  }

  #settle(step: Step<P>): boolean {
    const { before, after, upTo } = step;
    step.settled = true;
    this.#open--;
    if (after) after.before = before;
    else this.#last = before;
    // Who still holds the function of a settled item must not hold its neighbours.
    step.before = undefined;
    step.after = undefined;
    if (before) {
      before.after = after;
      before.upTo = upTo;
      return false;
    }
    const moved = this.#position !== upTo;
    this.#position = upTo;
    return moved;
  }
}

/** The broker is not asked again within this time, in milliseconds. */
const OFTEN = 5_000;

/**
 * How many events wait in the queue. The broker is asked when somebody looks, so what is told is what it said to the
 * one who looked before: agents that nobody looks at cost it nothing.
 */
export class Depth {
  readonly #ask: () => Promise<number | undefined>;
  #told: number | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(ask: () => Promise<number | undefined>) {
    this.#ask = ask;
  }

  /** undefined before the broker has answered, and while there is no link to it. */
  get value(): number | undefined {
    const now = performance.now();
    if (now - this.#askedAt >= OFTEN) {
      this.#askedAt = now;
      const tell = (depth?: number) => {
        this.#told = depth;
      };
      // Why it did not answer is told by the link itself.
      this.#ask().then(tell, () => tell());
    }
    return this.#told;
  }
}

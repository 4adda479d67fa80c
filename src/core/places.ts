/** Places for items that stand ready until somebody takes them: those of one queue, or of several together. */
export class Places {
  readonly #most: number;
  #taken = 0;
  #waiting: (() => void)[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  /** Whether whoever brings more has to wait. A few more than there are places may stand, for they come in batches. */
  get areTaken(): boolean {
    return this.#taken >= this.#most;
  }

  take(count: number): void {
    this.#taken += count;
  }

  leave(count: number): void {
    this.#taken -= count;
    if (!this.areTaken) this.letGo();
  }

  /** Resolves when a place is left, or at the end. */
  left(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Lets go all who wait for a place. */
  letGo(): void {
    for (const go of this.#waiting.splice(0)) go();
  }
}

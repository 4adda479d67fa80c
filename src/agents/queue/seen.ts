/** Remembers keys of events for a time, so that none is delivered twice. */
export interface SeenStore {
  /**
   * Says that an event is about to be delivered.
   * @returns false when it was delivered before, or is being delivered right now
   * Throws a LinkProblem when that cannot be known yet.
   */
  claim(key: string): Promise<boolean>;
  /** It was delivered: from now on it counts as seen for the whole time. */
  confirm(key: string): Promise<void>;
  /** It was not delivered: it may come again. */
  forget(key: string): Promise<void>;
}

export interface MemoryOptions {
  /** How long a key is remembered, in milliseconds. */
  readonly ttl: number;
  /** So many keys are remembered; the oldest is forgotten for a new one. */
  readonly most: number;
  /** Milliseconds. Default: the process's own clock, which never jumps. */
  readonly now?: () => number;
}

/** In this process only, and gone with it: after a restart, events may be delivered again. */
export class SeenInMemory implements SeenStore {
  readonly #options: MemoryOptions;
  readonly #now: () => number;
  /** When each key is forgotten. All are remembered equally long, so the first is the next to go. */
  readonly #until = new Map<string, number>();

  constructor(options: MemoryOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  async claim(key: string): Promise<boolean> {
    this.#sweep();
    if (this.#until.has(key)) return false;
    this.#remember(key);
    return true;
  }

  async confirm(key: string): Promise<void> {
    this.#remember(key);
  }

  async forget(key: string): Promise<void> {
    this.#until.delete(key);
  }

  #remember(key: string): void {
    this.#until.delete(key);
    const [oldest] = this.#until.size >= this.#options.most ? this.#until.keys() : [];
    if (oldest !== undefined) this.#until.delete(oldest);
    this.#until.set(key, this.#now() + this.#options.ttl);
  }

  #sweep(): void {
    const now = this.#now();
    for (const [key, until] of this.#until) {
      if (until > now) return;
      this.#until.delete(key);
    }
  }
}

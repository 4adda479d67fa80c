import { LinkProblem } from "../../core/problems.ts";

/** Remembers keys of events for a time, so that none is delivered twice. */
export interface SeenStore {
  /**
   * Says that an event is about to be delivered.
   * @returns false when it was delivered before
   * Throws a LinkProblem when that cannot be known yet: a copy of it is being delivered right now. Who takes this one
   * for a duplicate and settles it has none left when that one fails.
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
  /** What is being delivered right now. */
  readonly #held = new Set<string>();
  /** When each key is forgotten. All are remembered equally long, so the first is the next to go. */
  readonly #until = new Map<string, number>();

  constructor(options: MemoryOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  async claim(key: string): Promise<boolean> {
    this.#sweep();
    if (this.#until.has(key)) return false;
    if (this.#held.has(key)) throw inFlight(key);
    this.#held.add(key);
    return true;
  }

  async confirm(key: string): Promise<void> {
    this.#held.delete(key);
    this.#remember(key);
  }

  async forget(key: string): Promise<void> {
    this.#held.delete(key);
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

function inFlight(key: string): LinkProblem {
  return new LinkProblem("server_failed", `a copy of the event "${key}" is being delivered right now`);
}

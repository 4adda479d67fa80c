/**
 * Those who hear a signal. However many they are, the signal has one listener: the platform looks through all of its
 * listeners whenever one comes or goes, which is slow where a hundred workers share a signal.
 */
export class Crowd {
  readonly #hears = new Set<{ readonly hear: () => void }>();
  readonly #signal: AbortSignal;
  readonly #stays: boolean;
  #listens = false;

  /** @param stays whether it listens on when nobody is left; only for a signal that is used again and again */
  constructor(signal: AbortSignal, stays = false) {
    this.#signal = signal;
    this.#stays = stays;
    crowds.set(signal, this);
  }

  get size(): number {
    return this.#hears.size;
  }

  /** @returns a function that lets go; calling it twice is harmless */
  join(hear: () => void): () => void {
    const one = { hear };
    if (!this.#listens) this.#signal.addEventListener("abort", this.#ring, { once: true });
    this.#listens = true;
    this.#hears.add(one);
    return () => {
      this.#hears.delete(one);
      if (this.#hears.size === 0 && !this.#stays) this.#leave();
    };
  }

  #leave(): void {
    this.#signal.removeEventListener("abort", this.#ring);
    this.#listens = false;
  }

  readonly #ring = (): void => {
    const all = [...this.#hears];
    this.#hears.clear();
    for (const { hear } of all) hear();
  };
}

const crowds = new WeakMap<AbortSignal, Crowd>();

export function crowdOf(signal: AbortSignal): Crowd {
  return crowds.get(signal) ?? new Crowd(signal);
}

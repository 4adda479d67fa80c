/**
 * Those who hear of something that happens once. Most things are heard by one alone, and an agent has a dozen of them:
 * there is no set before a second one comes.
 */
export class Hearers {
  #first: Hearer | undefined;
  #others: Set<Hearer> | undefined;

  get size(): number {
    return (this.#first ? 1 : 0) + (this.#others?.size ?? 0);
  }

  /** @returns a function that lets go; calling it twice is harmless */
  join(hear: () => void): () => void {
    const one = { hear };
    if (this.#first) {
      this.#others ??= new Set();
      this.#others.add(one);
    } else this.#first = one;
    return () => this.#leave(one);
  }

  /** Tells all of them, and lets go of them. */
  tell(): void {
    const all = [this.#first, ...(this.#others ?? [])];
    this.#first = undefined;
    this.#others = undefined;
    for (const one of all) one?.hear();
  }

  /** Called when one has let go. */
  protected left(): void {}

  #leave(one: Hearer): void {
    if (this.#first === one) this.#first = undefined;
    else this.#others?.delete(one);
    this.left();
  }
}

interface Hearer {
  readonly hear: () => void;
}

/**
 * Those who hear a signal. However many they are, the signal has one listener: the platform looks through all of its
 * listeners whenever one comes or goes, which is slow where a hundred workers share a signal.
 */
export class Crowd extends Hearers {
  readonly #signal: AbortSignal;
  readonly #stays: boolean;
  #listens = false;

  /** @param stays whether it listens on when nobody is left; only for a signal that is used again and again */
  constructor(signal: AbortSignal, stays = false) {
    super();
    this.#signal = signal;
    this.#stays = stays;
    crowds.set(signal, this);
  }

  override join(hear: () => void): () => void {
    if (!this.#listens) this.#signal.addEventListener("abort", this, { once: true });
    this.#listens = true;
    return super.join(hear);
  }

  /** The platform calls it when the signal rings. */
  handleEvent(): void {
    this.tell();
  }

  protected override left(): void {
    if (this.size > 0 || this.#stays) return;
    this.#signal.removeEventListener("abort", this);
    this.#listens = false;
  }
}

const crowds = new WeakMap<AbortSignal, Crowd>();

export function crowdOf(signal: AbortSignal): Crowd {
  return crowds.get(signal) ?? new Crowd(signal);
}

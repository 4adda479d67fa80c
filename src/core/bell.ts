import { later, unless } from "./life.ts";

/** One waits, others ring. A ring while nobody waits is kept for the next who does. */
export class Bell {
  #ringing = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#ringing = true;
    this.#wake?.();
  }

  /** Resolves at the next ring, or at once if it rang since the last time. */
  async rung(): Promise<void> {
    if (!this.#ringing) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#ringing = false;
    this.#wake = undefined;
  }

  /** Resolves at the next ring, after `ms` milliseconds, or when the signal rings. */
  async rungWithin(ms: number, signal: AbortSignal): Promise<void> {
    const timer = later(ms, () => this.ring());
    await unless(signal, this.rung());
    clearTimeout(timer);
  }
}

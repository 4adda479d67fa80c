import { onAbort, Within } from "./life.ts";

/** One waits, others ring. A ring while nobody waits is kept for the next who does. */
export class Bell {
  #ringing = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#ringing = true;
    this.#wake?.();
  }

  /**
   * Resolves at the next ring, or at once if it rang since the last time. When the signal rings it resolves as well,
   * and a ring is kept for the next who waits.
   */
  async rung(signal?: AbortSignal): Promise<void> {
    let forget = () => {};
    if (!this.#ringing && !signal?.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        if (signal) forget = onAbort(signal, resolve);
      });
    }
    forget();
    this.#wake = undefined;
    if (!signal?.aborted) this.#ringing = false;
  }

  /** Resolves at the next ring, after `ms` milliseconds, or when the signal rings. */
  async rungWithin(ms: number, signal: AbortSignal): Promise<void> {
    const patience = new Within(signal, ms);
    await this.rung(patience.signal);
    patience.release();
  }
}

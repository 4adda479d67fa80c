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
}

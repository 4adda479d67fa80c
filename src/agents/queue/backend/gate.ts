import { sleep } from "../../../core/life.ts";

/** Says how long events had better wait before they are begun, in milliseconds. 0: come in. */
export type Keeper = () => number;

/**
 * Holds events back while calling would be in vain: the only backend's breaker is open, or it has no token left.
 * Waiting here costs nothing; being refused inside would give the event back to the broker, and again, and again.
 */
export class Gate {
  readonly #keepers: Keeper[] = [];

  add(keeper: Keeper): void {
    this.#keepers.push(keeper);
  }

  /** How long the longest wait is now, in milliseconds. */
  wait(): number {
    let longest = 0;
    for (const keeper of this.#keepers) longest = Math.max(longest, keeper());
    return longest;
  }

  /** Resolves when events may come in, or when the signal rings. @returns undefined when they may already */
  open(signal: AbortSignal): Promise<void> | undefined {
    return this.wait() > 0 ? this.#opened(signal) : undefined;
  }

  async #opened(signal: AbortSignal): Promise<void> {
    for (let ms = this.wait(); ms > 0 && !signal.aborted; ms = this.wait()) await sleep(ms, signal);
  }
}

import { sleep } from "../../../core/life.ts";

/**
 * A bucket of tokens that starts full. It is refilled only when it is empty, with what came in since the last time:
 * whole tokens, never more than it holds. Source: krakend-async §5.16.
 */
export class Bucket {
  readonly #capacity: number;
  readonly #interval: number;
  readonly #now: () => number;
  #tokens: number;
  #refilled: number;

  /** @param rate tokens a second @param capacity 0: as many as come in a second, at least 1 */
  constructor(rate: number, capacity = 0, now = () => performance.now()) {
    this.#interval = 1_000 / rate;
    this.#capacity = capacity > 0 ? capacity : Math.max(1, Math.floor(rate));
    this.#now = now;
    this.#tokens = this.#capacity;
    this.#refilled = now();
  }

  /** Takes a token if there is one. */
  allow(): boolean {
    if (this.#tokens === 0) this.#refill();
    if (this.#tokens === 0) return false;
    this.#tokens--;
    return true;
  }

  /** How long until there is a token, in milliseconds. */
  wait(): number {
    if (this.#tokens > 0) return 0;
    return Math.max(0, this.#refilled + this.#interval - this.#now());
  }

  /** Takes a token, waiting for it. @returns undefined when there was one; else false if the signal rang first */
  take(signal: AbortSignal): Promise<boolean> | undefined {
    return this.allow() ? undefined : this.#taken(signal);
  }

  async #taken(signal: AbortSignal): Promise<boolean> {
    do {
      await sleep(Math.max(1, this.wait()), signal);
      if (signal.aborted) return false;
    } while (!this.allow());
    return true;
  }

  #refill(): void {
    const now = this.#now();
    const whole = Math.floor((now - this.#refilled) / this.#interval);
    if (whole < 1) return;
    this.#tokens = Math.min(this.#capacity, whole);
    this.#refilled = whole > this.#capacity ? now : this.#refilled + whole * this.#interval;
  }
}

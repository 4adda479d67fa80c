import { Crowd } from "./crowd.ts";
import { later, onAbort } from "./life.ts";

/**
 * Time limits of one length for many short pieces of work, thousands a second: one timer, one ear at the parent, and
 * signals that are used again when their work ended in time. For a single piece of work there is `Within`.
 */
export class Terms {
  readonly #parent: AbortSignal;
  readonly #ms: number;
  /** When each is over, the one that began first before all others. */
  readonly #running = new Map<AbortController, number>();
  readonly #free: AbortController[] = [];
  #timer: NodeJS.Timeout | undefined;
  #forget = () => {};

  /** @param ms the limit, in milliseconds */
  constructor(parent: AbortSignal, ms: number) {
    this.#parent = parent;
    this.#ms = ms;
  }

  /**
   * Runs a piece of work with a signal that rings with an Error when its time is over, and with the parent's reason when
   * that rings. When the work has ended, nothing of it may hear the signal any more.
   */
  async run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#parent.throwIfAborted();
    const controller = this.#begin();
    try {
      return await work(controller.signal);
    } finally {
      this.#end(controller);
    }
  }

  #begin(): AbortController {
    const controller = this.#free.pop() ?? fresh();
    if (this.#running.size === 0) {
      this.#forget();
      this.#forget = onAbort(this.#parent, () => this.#ringAll());
      this.#timer = later(this.#ms, () => this.#ringLate());
    }
    this.#running.set(controller, performance.now() + this.#ms);
    return controller;
  }

  #end(controller: AbortController): void {
    this.#running.delete(controller);
    if (!controller.signal.aborted) this.#free.push(controller);
    if (this.#running.size > 0) return;
    clearTimeout(this.#timer);
    this.#forget();
  }

  #ringAll(): void {
    for (const controller of this.#running.keys()) controller.abort(this.#parent.reason);
  }

  #ringLate(): void {
    const now = performance.now();
    for (const [controller, due] of this.#running) {
      // A timer may fire a little early.
      if (due > now + 1) {
        this.#timer = later(due - now, () => this.#ringLate());
        return;
      }
      controller.abort(new Error(`${this.#ms} ms are over`));
      this.#running.delete(controller);
    }
  }
}

function fresh(): AbortController {
  const controller = new AbortController();
  new Crowd(controller.signal, true);
  return controller;
}

import { Batcher, type BatchLimits } from "./batch.ts";
import type { Places } from "./places.ts";

/**
 * A queue and those who work at it. A worker comes when a batch stands there and nobody is free, up to so many: most
 * agents rest most of the time, and a worker that waits costs as much memory as one that works.
 */
export class Crew<T> {
  readonly queue: Batcher<T>;
  readonly #most: number;
  readonly #workers: Promise<void>[] = [];
  #work: ((batch: readonly T[]) => Promise<boolean>) | undefined;
  #fell: (reason: unknown) => void = () => {};

  constructor(limits: BatchLimits, most: number, places: Places) {
    this.#most = most;
    this.queue = new Batcher(limits, () => this.#call(), places);
  }

  /**
   * @param work does a batch. Resolving with false means that its worker goes
   * @param fell told what it threw
   */
  start(work: (batch: readonly T[]) => Promise<boolean>, fell: (reason: unknown) => void): void {
    this.#work = work;
    this.#fell = fell;
  }

  /** Resolves when the queue has ended and all work is done, or a worker fell. */
  async ended(): Promise<void> {
    // More may come while some of them are waited for.
    for (let i = 0; i < this.#workers.length; i++) await this.#workers[i];
  }

  #call(): void {
    const work = this.#work;
    if (!work || this.#workers.length >= this.#most) return;
    this.#workers.push(this.#take(work).catch(this.#fell));
  }

  async #take(work: (batch: readonly T[]) => Promise<boolean>): Promise<void> {
    for (let batch = await this.queue.take(); batch; batch = await this.queue.take()) {
      if (!(await work(batch))) return;
    }
  }
}

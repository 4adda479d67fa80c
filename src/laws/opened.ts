import type { Feed } from "../core/feed.ts";
import { comesTrue, inTime, patience } from "./law.ts";

/** A feed that is open, and everything that has come of it so far. */
export class Opened<T> {
  readonly items: T[] = [];
  /** How often it said that it is up. */
  ups = 0;
  /** Resolves when the feed ends, rejects with what it throws. */
  readonly ended: Promise<void>;
  readonly #controller: AbortController;

  constructor(feed: Feed<T>, after?: T, controller = new AbortController()) {
    this.#controller = controller;
    this.ended = this.#take(feed, after);
    this.ended.catch(() => {});
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The first items, once there are so many. Throws what the feed throws before that. */
  async first(count: number): Promise<T[]> {
    const enough = comesTrue(patience.soon, () => this.items.length >= count, `${count} items have to come`);
    await Promise.race([enough, this.ended.then(() => enough)]);
    return this.items.slice(0, count);
  }

  async up(): Promise<void> {
    const isUp = comesTrue(patience.soon, () => this.ups > 0, "it has to say that it is up");
    await Promise.race([isUp, this.ended.then(() => isUp)]);
  }

  ring(): void {
    this.#controller.abort("the law rings");
  }

  /** Rings, and asserts that the feed ends in time. */
  async close(): Promise<void> {
    this.ring();
    await inTime(patience.atOnce, this.ended, "it has to end when the signal rings");
  }

  async #take(feed: Feed<T>, after: T | undefined): Promise<void> {
    const up = () => {
      this.ups++;
    };
    try {
      for await (const item of feed.open({ signal: this.signal, after, up })) this.items.push(item);
    } catch (error) {
      // How a feed ends when it was told to does not matter.
      if (!this.signal.aborted) throw error;
    }
  }
}

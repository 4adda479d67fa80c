import { Places } from "./places.ts";

/** When a batch is closed: at so many items, at so many bytes, or `window` milliseconds after its first item. */
export interface BatchLimits {
  readonly items: number;
  readonly bytes: number;
  readonly window: number;
}

/**
 * Gathers items into batches and hands each closed batch to whoever takes next.
 *
 * `put` waits while no place is left for what stands there closed, so a slow taker slows the giver: that is all the
 * backpressure a pipeline needs. By default there is one place, and batchers that share theirs end together. The window
 * starts with the first item and fires by a timer, not with the next item.
 */
export class Batcher<T> {
  readonly #limits: BatchLimits;
  readonly #standing: () => void;
  readonly #places: Places;
  #open: T[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #ready: T[][] = [];
  #taker: ((batch: T[] | undefined) => void)[] = [];
  #closed = false;
  /** Batches that were lent and come back. */
  #lent = 0;

  /** @param standing called when a batch stands there that nobody waits for */
  constructor(limits: BatchLimits, standing = () => {}, places = new Places(1)) {
    this.#limits = limits;
    this.#standing = standing;
    this.#places = places;
  }

  /**
   * Adds an item; resolves when there is room for the next one. Returns undefined when there is room already, and after
   * the end: nobody may ever take it then, so it is handed out at once or stays where it is.
   */
  put(item: T, bytes: number): Promise<void> | undefined {
    const { items, bytes: most, window } = this.#limits;
    if (this.#open.length > 0 && this.#bytes + bytes > most) this.#close();
    this.#open.push(item);
    this.#bytes += bytes;
    const isFull = this.#open.length >= items || this.#bytes >= most;
    if (isFull || window <= 0 || this.#closed) this.#close();
    else this.#timer ??= setTimeout(() => this.#close(), window);
    return this.#places.areTaken && !this.#closed ? this.#places.left() : undefined;
  }

  /** The next closed batch; undefined when the batcher has ended and nothing is left. */
  take(): Promise<T[] | undefined> {
    const batch = this.#ready.shift();
    if (batch) {
      this.#places.leave(batch.length);
      return Promise.resolve(batch);
    }
    if (this.#closed && this.#lent === 0) return Promise.resolve(undefined);
    return new Promise((resolve) => this.#taker.push(resolve));
  }

  /**
   * A batch that was taken may come back after a while; takers wait for it.
   * @returns a function that gives it back, or tells with undefined that it does not come
   */
  lend(): (batch: readonly T[] | undefined) => void {
    this.#lent++;
    return (batch) => {
      this.#lent--;
      if (batch) this.#hand([...batch], "first");
      this.#letGo();
    };
  }

  /**
   * Closes the open batch and lets takers go once all is taken.
   * @param most so many of the batches that stand there may still be taken, the first ones. Default: all
   */
  end(most = Number.POSITIVE_INFINITY): void {
    this.#close();
    this.#closed = true;
    this.#ready.splice(most);
    this.#letGo();
    this.#places.letGo();
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#open.length === 0) return;
    const batch = this.#open;
    this.#open = [];
    this.#bytes = 0;
    this.#hand(batch, "last");
  }

  #hand(batch: T[], place: "first" | "last"): void {
    const taker = this.#taker.shift();
    if (taker) {
      taker(batch);
      return;
    }
    if (place === "first") this.#ready.unshift(batch);
    else this.#ready.push(batch);
    this.#places.take(batch.length);
    this.#standing();
  }

  /** Tells takers that nothing will come any more. */
  #letGo(): void {
    if (!this.#closed || this.#lent > 0) return;
    for (const taker of this.#taker.splice(0)) taker(undefined);
  }
}

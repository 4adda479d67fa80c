import type { Backoff } from "./backoff.ts";
import { Batcher, type BatchLimits } from "./batch.ts";
import { Deliverer, type Entry } from "./deliver.ts";
import { type Feed, follow } from "./feed.ts";
import type { Health, Part } from "./health.ts";
import { type Life, unless, Within } from "./life.ts";
import { RejectedProblem } from "./problems.ts";

/** `done`: delivered, or dropped on purpose. `retry`: give it to someone again. `reject`: it can never be delivered. */
export type Outcome = "done" | "retry" | "reject";

/** One item of work. */
export interface Delivery<T> {
  readonly value: T;
  /** Its size, for batches that are bounded by bytes. */
  readonly bytes: number;
  /** Called exactly once. What was never settled when the link closes, the source treats as `retry`. */
  settle(outcome: Outcome, reason?: unknown): void | Promise<void>;
}

/** Takes items; its silence is success. */
export interface Sink<T> {
  /**
   * Resolving means: all arrived. Throw PartialProblem for some, RejectedProblem for never, LinkProblem or
   * DeniedProblem for not now.
   */
  write(items: readonly T[], signal: AbortSignal): Promise<void>;
  /** Connect and let go again, sending nothing. Throws what `write` would throw. */
  probe?(signal: AbortSignal): Promise<void>;
}

/** An item that was set aside, and why. */
export interface Rejected<T> {
  readonly value: T;
  readonly reason: string;
  readonly code: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface PipelineOptions<T, U> {
  readonly source: Feed<Delivery<T>>;
  /** undefined drops the item on purpose; throwing RejectedProblem sets it aside. */
  transform(value: T): U | undefined;
  /** `{ items: 1 }` is one by one. */
  readonly batch: BatchLimits;
  /** Items of one lane keep their order and never run side by side. Without it, any worker takes any batch. */
  lane?(value: U): string;
  readonly sink: Sink<U>;
  /** Where rejected items are kept. Without it they are only settled. */
  readonly rejected?: Sink<Rejected<T>>;
  readonly workers: number;
  /** How often a batch is tried again before it is rejected. `Infinity` is for ever. */
  readonly retries: number;
  readonly health: Health;
  readonly backoff: Backoff;
  /** Told about every settled item. */
  settled?(outcome: Outcome, value: T, reason?: unknown): void;
}

/** Moves every item from a source to a sink and settles each exactly once. It keeps nothing. */
export class Pipeline<T, U = T> {
  readonly #options: PipelineOptions<T, U>;
  readonly #source: Part;
  readonly #deliverer: Deliverer<T, U>;
  /** One queue for all workers, or one for each where lanes keep their order. */
  readonly #queues: readonly Batcher<Entry<T, U>>[];

  constructor(options: PipelineOptions<T, U>) {
    this.#options = options;
    this.#source = options.health.part("source");
    this.#deliverer = new Deliverer(options);
    const queues = options.lane ? options.workers : 1;
    this.#queues = Array.from({ length: queues }, () => new Batcher<Entry<T, U>>(options.batch));
    options.health.measures(() => this.#deliverer.oldest());
  }

  /** Items that were taken from the source and are not settled. */
  get inFlight(): number {
    return this.#deliverer.inFlight;
  }

  /** Runs until told to stop, then delivers what it holds; what `kill` cuts off stays unsettled. */
  async run(life: Life): Promise<void> {
    // The link outlives `stop`, because what is in flight is settled through it.
    const link = new Within(life.kill);
    const halt = new Within(life.stop);
    const { source, backoff } = this.#options;
    const items = follow(source, { signal: link.signal, part: this.#source, backoff });
    const working = this.#work(link.signal);
    // A worker that falls must wake a pull that might wait for ever.
    working.catch(() => halt.end());
    try {
      await this.#pull(items, halt.signal);
      await working;
    } finally {
      halt.end();
      link.end();
      await Promise.allSettled([working, items.return(undefined)]);
    }
  }

  async #pull(items: AsyncGenerator<Delivery<T>>, halt: AbortSignal): Promise<void> {
    try {
      while (!halt.aborted) {
        const next = await unless(halt, items.next());
        if (!next || next.done) return;
        const room = this.#admit(next.value);
        if (room) await unless(halt, room);
      }
    } finally {
      for (const queue of this.#queues) queue.end();
    }
  }

  /** @returns a promise where the source has to wait, because there is no room or an item is being set aside */
  #admit(delivery: Delivery<T>): Promise<void> | undefined {
    const { transform, lane } = this.#options;
    let value: U | undefined;
    try {
      value = transform(delivery.value);
    } catch (reason) {
      if (!(reason instanceof RejectedProblem)) throw reason;
      return this.#deliverer.refuse(delivery, reason);
    }
    if (value === undefined) return this.#deliverer.drop(delivery);
    const queue = lane ? this.#queues[hash(lane(value)) % this.#queues.length]! : this.#queues[0]!;
    return queue.put(this.#deliverer.begin(delivery, value), delivery.bytes);
  }

  async #work(kill: AbortSignal): Promise<void> {
    const run = async (worker: number) => {
      const queue = this.#queues[worker % this.#queues.length]!;
      for (let batch = await queue.take(); batch && !kill.aborted; batch = await queue.take()) {
        await this.#deliverer.deliver(batch, kill);
      }
    };
    await Promise.all(Array.from({ length: this.#options.workers }, (_, worker) => run(worker)));
  }
}

/** FNV-1a: which worker a lane belongs to. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

import type { Batcher, BatchLimits } from "./batch.ts";
import { Crew } from "./crew.ts";
import { type Again, Deliverer, type DelivererOptions, type Entry } from "./deliver.ts";
import type { Delivery } from "./delivery.ts";
import { type FollowOptions, follow } from "./feed.ts";
import type { Part } from "./health.ts";
import { InnerLife, type Life, onAbort, sleep, unless } from "./life.ts";
import { Places } from "./places.ts";
import { RejectedProblem } from "./problems.ts";
import { type Handful, handfulsOf, type Source } from "./source.ts";

export interface PipelineOptions<T, U> extends DelivererOptions<T, U> {
  readonly source: Source<T>;
  /** How the source is opened again. Default: with the backoff of the sink, for ever. */
  readonly reconnect?: Pick<FollowOptions<unknown>, "backoff" | "denied" | "retries"> | undefined;
  /** undefined drops the item on purpose; throwing RejectedProblem sets it aside. */
  transform(value: T): U | undefined;
  /** `{ items: 1 }` is one by one. */
  readonly batch: BatchLimits;
  /** Items of one lane keep their order and never run side by side. Without it, any worker takes any batch. */
  lane?(value: U): string;
  readonly workers: number;
}

/**
 * So many batches for each worker may wait for their next try without holding one; in lanes so many items, or as many as
 * it has in hand, may wait for those before them without holding up other lanes.
 */
const ASIDE = 10;

/** Moves every item from a source to a sink and settles each exactly once. It keeps nothing. */
export class Pipeline<T, U = T> {
  readonly #options: PipelineOptions<T, U>;
  readonly #source: Part;
  readonly #deliverer: Deliverer<T, U>;
  /** One for all workers, or one for each where lanes keep their order. */
  readonly #crews: readonly Crew<Entry<T, U>>[];
  /** Batches that wait for their next try without a worker. */
  #waiting = 0;
  /** An item that no worker gets, until it is settled. */
  #settling: Promise<void> | undefined;

  constructor(options: PipelineOptions<T, U>) {
    this.#options = options;
    this.#source = options.health.part("source");
    this.#deliverer = new Deliverer(options);
    const { batch, lane, workers } = options;
    const [crews, each] = lane ? [workers, 1] : [1, workers];
    const places = new Places(crews > 1 ? crews * Math.max(ASIDE, batch.items) : 1);
    this.#crews = Array.from({ length: crews }, () => new Crew<Entry<T, U>>(batch, each, places));
    options.health.measures(() => this.#deliverer.oldest());
  }

  /** Items that were taken from the source and are not settled. */
  get inFlight(): number {
    return this.#deliverer.inFlight;
  }

  /**
   * Runs until told to stop, then delivers what it holds. What waits for its next try then, or in a lane for more than
   * one before it, or what `kill` cuts off, stays unsettled, so that its source gives it again: the end must not take as
   * long as the waiting.
   */
  async run(life: Life): Promise<void> {
    const inner = new InnerLife(life);
    let failure: { readonly reason: unknown } | undefined;
    // A worker that falls takes the others with it, and wakes a pull that might wait for ever.
    const fell = (reason: unknown) => {
      failure ??= { reason };
      inner.ringKill("stopped");
    };
    const patience = { backoff: this.#options.backoff, ...this.#options.reconnect };
    const items = follow(handfulsOf(this.#options.source), {
      ...patience,
      // The link outlives `stop`, because what is in flight is settled through it.
      signal: inner.kill,
      part: this.#source,
    });
    for (const crew of this.#crews) crew.start((batch) => this.#deliver(batch, crew.queue, inner), fell);
    try {
      await this.#pull(items, inner);
      await this.#ended(inner.kill);
    } finally {
      inner.ringKill("stopped");
      inner.release();
      await items.return(undefined);
    }
    if (failure) throw failure.reason;
  }

  /** A sink that does not hear `kill` must not hold up the end: what it does later counts for nothing. */
  async #ended(kill: AbortSignal): Promise<void> {
    await unless(kill, Promise.all(this.#crews.map((crew) => crew.ended())));
  }

  async #pull(handfuls: AsyncGenerator<Handful<T>>, life: Life): Promise<void> {
    // Of a lane the next is delivered; what stands behind it would take too long.
    const most = this.#crews.length > 1 ? 1 : Number.POSITIVE_INFINITY;
    const end = () => {
      for (const { queue } of this.#crews) queue.end(most);
    };
    // Who waits for room waits until the end at most.
    const forget = onAbort(life.stop, end);
    try {
      while (!life.stop.aborted) {
        const next = await unless(life.stop, handfuls.next());
        if (!next || next.done) break;
        await this.#take(next.value, life);
      }
    } finally {
      forget();
      end();
    }
    // An item that is being set aside is in hand too.
    await this.#settling;
  }

  async #take(handful: Handful<T>, life: Life): Promise<void> {
    for (const delivery of handful) {
      const room = this.#admit(delivery, life);
      if (room) await room;
      if (life.stop.aborted) return;
    }
  }

  /** @returns a promise where the source has to wait, because there is no room or an item is being set aside */
  #admit(delivery: Delivery<T>, life: Life): Promise<void> | undefined {
    const { transform, lane } = this.#options;
    let value: U | undefined;
    try {
      value = transform(delivery.value);
    } catch (reason) {
      if (!(reason instanceof RejectedProblem)) throw reason;
      return this.#settle(this.#deliverer.refuse(delivery, reason, life), life);
    }
    if (value === undefined) return this.#settle(this.#deliverer.drop(delivery), life);
    const { queue } = lane ? this.#crews[hash(lane(value)) % this.#crews.length]! : this.#crews[0]!;
    return queue.put(this.#deliverer.begin(delivery, value), delivery.bytes);
  }

  #settle(settling: Promise<void> | undefined, life: Life): Promise<void> | undefined {
    this.#settling = settling;
    return settling && unless(life.stop, settling);
  }

  /**
   * Delivers a batch until it is settled, or sees to it that it comes again. @returns false if it was left on the end:
   * it comes again, and what would follow it in its lane must not come before it
   */
  async #deliver(
    batch: readonly Entry<T, U>[],
    queue: Batcher<Entry<T, U>>,
    { stop, kill }: Life,
  ): Promise<boolean> {
    if (kill.aborted) return false;
    let again = await this.#deliverer.deliver(batch, { stop, kill });
    while (again) {
      if (stop.aborted) return false;
      if (this.#mayWaitAside()) {
        this.#waitAside(again, queue, stop);
        return true;
      }
      await sleep(again.wait, stop);
      if (stop.aborted) return false;
      again = await this.#deliverer.deliver(again.batch, { stop, kill });
    }
    return true;
  }

  /** In a lane, and with a single worker, the next item must not pass; and what waits is held in memory. */
  #mayWaitAside(): boolean {
    const { lane, workers } = this.#options;
    return !lane && workers > 1 && this.#waiting < workers * ASIDE;
  }

  /** A batch that waits for its next try holds no worker: one that always fails must not stop the others. */
  #waitAside({ batch, wait }: Again<T, U>, queue: Batcher<Entry<T, U>>, stop: AbortSignal): void {
    const giveBack = queue.lend();
    this.#waiting++;
    void sleep(wait, stop).then(() => {
      this.#waiting--;
      giveBack(stop.aborted ? undefined : batch);
    });
  }
}

/** FNV-1a: which worker a lane belongs to. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

import { type Patience, waitAfter } from "./backoff.ts";
import type { Delivery, Outcome, Rejected, Sink } from "./delivery.ts";
import type { Health, Part } from "./health.ts";
import type { Life } from "./life.ts";
import { isTrouble, LinkProblem, PartialProblem, Problem, RejectedProblem } from "./problems.ts";
import { SetAside, type Tried } from "./set-aside.ts";

export interface DelivererOptions<T, U> extends Patience {
  readonly sink: Sink<U>;
  /** Where rejected items are kept. Without it they are only settled. */
  readonly rejected?: Sink<Rejected<T>>;
  /** How often an item is tried again after a `LinkProblem` before it is rejected. `Infinity` is for ever. */
  readonly retries: number;
  readonly health: Health;
  /** Told about every settled item, and how often it was tried. */
  settled?(outcome: Outcome, value: T, reason: unknown, tries: number): void;
}

/** An item on its way: what the source gave, and what the sink will get. */
export interface Entry<T, U> extends Tried<T> {
  readonly value: U;
  /** How many of its tries broke with a link. After the others a person must act, and they say nothing about the item. */
  failures: number;
}

/** What has to be written again, and after how many milliseconds. */
export interface Again<T, U> {
  readonly batch: readonly Entry<T, U>[];
  readonly wait: number;
}

/** The last leg of a pipeline: writes batches, takes the sink's word for each item, and settles it once. */
export class Deliverer<T, U> {
  readonly #options: DelivererOptions<T, U>;
  readonly #sink: Part;
  readonly #aside: SetAside<T> | undefined;
  /** In the order they were taken, so that the first one is the oldest. */
  readonly #flying = new Set<Tried<T>>();

  constructor(options: DelivererOptions<T, U>) {
    this.#options = options;
    const { health, rejected } = options;
    this.#sink = health.part("sink");
    this.#aside = rejected && new SetAside(rejected, health.part("rejected"), options);
  }

  get inFlight(): number {
    return this.#flying.size;
  }

  /** The age of the oldest item in flight, in milliseconds; 0 when nothing is. */
  oldest(): number {
    for (const held of this.#flying) return performance.now() - held.at;
    return 0;
  }

  begin(delivery: Delivery<T>, value: U): Entry<T, U> {
    const entry = { delivery, value, at: performance.now(), tries: 0, failures: 0 };
    this.#flying.add(entry);
    return entry;
  }

  /** Settles an item that nobody wants. */
  drop(delivery: Delivery<T>): Promise<void> | undefined {
    return this.#settle({ delivery, at: 0, tries: 0 }, "done");
  }

  /** Sets an item aside, and settles it only when it is kept. */
  refuse(delivery: Delivery<T>, reason: unknown, life: Life): Promise<void> {
    const held = { delivery, at: performance.now(), tries: 0 };
    this.#flying.add(held);
    return this.#reject(held, reason, life);
  }

  /**
   * Writes a batch once and settles what is decided by that.
   * @returns what has to be written again, or stays unsettled once `stop` has rung; undefined if nothing
   */
  async deliver(batch: readonly Entry<T, U>[], life: Life): Promise<Again<T, U> | undefined> {
    for (const entry of batch) entry.tries++;
    const { kill } = life;
    try {
      await this.#options.sink.write(valuesOf(batch), kill);
    } catch (error) {
      if (error instanceof Problem && !kill.aborted) return this.#judge(batch, error, life);
      if (wasCut(error, life)) return { batch, wait: 0 };
      throw error;
    }
    // Nobody waits for it any more, and its source will give it again.
    if (kill.aborted) return { batch, wait: 0 };
    this.#sink.up();
    for (const entry of batch) {
      const settling = this.#settle(entry, "done");
      if (settling) await settling;
    }
    return undefined;
  }

  /** @returns what has to be written again */
  async #judge(
    batch: readonly Entry<T, U>[],
    problem: Problem,
    life: Life,
  ): Promise<Again<T, U> | undefined> {
    if (problem instanceof PartialProblem) return this.#judgeEach(batch, problem, life);
    // The class of a sink's problem is its verdict; one that is no verdict on items is a defect.
    if (!isTrouble(problem) && !(problem instanceof RejectedProblem)) throw problem;
    if (problem instanceof RejectedProblem) this.#sink.up();
    for (const entry of batch) count(entry, problem);
    return this.#tryAgain(batch, problem, life);
  }

  /** What may be tried again is; the rest is rejected. */
  async #tryAgain(
    batch: readonly Entry<T, U>[],
    problem: Problem,
    life: Life,
  ): Promise<Again<T, U> | undefined> {
    const { retries } = this.#options;
    const again = isTrouble(problem) ? batch.filter(({ failures }) => failures <= retries) : [];
    if (again.length === 0 && isTrouble(problem)) this.#sink.down(problem);
    for (const entry of batch) if (!again.includes(entry)) await this.#reject(entry, problem, life);
    return again.length > 0 ? this.#again(again, problem) : undefined;
  }

  async #judgeEach(
    batch: readonly Entry<T, U>[],
    partial: PartialProblem,
    life: Life,
  ): Promise<Again<T, U> | undefined> {
    const again: Entry<T, U>[] = [];
    let reason: Problem = partial;
    for (const [index, entry] of batch.entries()) {
      const problem = partial.failed.get(index);
      if (!problem) await this.#settle(entry, "done");
      else if (problem instanceof RejectedProblem) await this.#reject(entry, problem, life);
      else {
        reason = asTrouble(problem);
        count(entry, reason);
        again.push(entry);
      }
    }
    if (again.length > 0) return this.#tryAgain(again, reason, life);
    this.#sink.up();
    return undefined;
  }

  #again(batch: readonly Entry<T, U>[], problem: Problem): Again<T, U> {
    const failures = Math.max(1, ...batch.map((entry) => entry.failures)) - 1;
    const wait = waitAfter(problem, failures, this.#options);
    this.#sink.down(problem, Date.now() + wait);
    return { batch, wait };
  }

  async #reject(held: Tried<T>, reason: unknown, life: Life): Promise<void> {
    const kept = this.#aside ? await this.#aside.keep(held, reason, life) : true;
    if (kept) await this.#settle(held, "reject", reason);
  }

  /** Not an async function: most sources settle at once, and a promise for each item would cost more than the rest. */
  #settle(held: Tried<T>, outcome: Outcome, reason?: unknown): Promise<void> | undefined {
    const { delivery } = held;
    this.#flying.delete(held);
    try {
      const settling = delivery.settle(outcome, reason);
      if (settling) return settling.then(() => this.#tell(held, outcome, reason), untold);
      this.#tell(held, outcome, reason);
    } catch (error) {
      untold(error);
    }
    return undefined;
  }

  #tell({ delivery, tries }: Tried<T>, outcome: Outcome, reason: unknown): void {
    this.#options.settled?.(outcome, delivery.value, reason, tries);
  }
}

function valuesOf<U>(batch: readonly Entry<unknown, U>[]): readonly U[] {
  return batch.length === 1 ? [batch[0]!.value] : batch.map(({ value }) => value);
}

/** Whether a write ended because `kill` rang, or because the sink would not wait beyond `stop`. */
function wasCut(error: unknown, { stop, kill }: Life): boolean {
  return kill.aborted || (stop.aborted && error === stop.reason);
}

/** The source could not be told, so it will give the item again, and its feed will say why it broke. */
function untold(error: unknown): void {
  if (!(error instanceof Problem)) throw error;
}

function count(entry: Entry<unknown, unknown>, problem: Problem): void {
  if (problem instanceof LinkProblem) entry.failures++;
}

function asTrouble(problem: Problem): Problem {
  if (isTrouble(problem)) return problem;
  return new LinkProblem("answer_unexpected", problem.message, { cause: problem });
}

import type { Part } from "./health.ts";
import { sleep } from "./life.ts";
import type { Delivery, Outcome, PipelineOptions, Rejected } from "./pipeline.ts";
import {
  DeniedProblem,
  LinkProblem,
  messageOf,
  PartialProblem,
  Problem,
  RejectedProblem,
} from "./problems.ts";

/** An item on its way: what the source gave, and what the sink will get. */
export interface Entry<T, U> {
  readonly delivery: Delivery<T>;
  readonly value: U;
  /** When it was taken from the source, in milliseconds since 1970. */
  readonly at: number;
}

/** The last leg of a pipeline: writes batches, takes the sink's word for each item, and settles it once. */
export class Deliverer<T, U> {
  readonly #options: PipelineOptions<T, U>;
  readonly #sink: Part;
  /** In the order they were taken, so that the first one is the oldest. */
  readonly #flying = new Set<Entry<T, U>>();

  constructor(options: PipelineOptions<T, U>) {
    this.#options = options;
    this.#sink = options.health.part("sink");
  }

  get inFlight(): number {
    return this.#flying.size;
  }

  /** The age of the oldest item in flight, in milliseconds; 0 when nothing is. */
  oldest(): number {
    for (const entry of this.#flying) return Date.now() - entry.at;
    return 0;
  }

  begin(delivery: Delivery<T>, value: U): Entry<T, U> {
    const entry = { delivery, value, at: Date.now() };
    this.#flying.add(entry);
    return entry;
  }

  /** Settles an item that nobody wants. */
  drop(delivery: Delivery<T>): Promise<void> | undefined {
    this.#options.settled?.("done", delivery.value);
    return promised(delivery.settle("done"));
  }

  /** Sets an item aside, and settles it only when it is kept. */
  async refuse(delivery: Delivery<T>, reason: unknown, signal?: AbortSignal): Promise<void> {
    if (!(await this.#keep(delivery.value, reason, signal))) return;
    this.#options.settled?.("reject", delivery.value, reason);
    await delivery.settle("reject", reason);
  }

  /** Writes a batch until every item of it is settled, or `kill` rings: then the rest stays unsettled. */
  async deliver(batch: readonly Entry<T, U>[], kill: AbortSignal): Promise<void> {
    let rest = batch;
    for (let failures = 0; rest.length > 0; failures++) {
      try {
        await this.#options.sink.write(
          rest.map((entry) => entry.value),
          kill,
        );
        this.#sink.up();
        await this.#settle(rest, "done");
        return;
      } catch (error) {
        if (kill.aborted) return;
        if (!(error instanceof Problem)) throw error;
        rest = await this.#judge(rest, error, failures, kill);
      }
    }
  }

  /** @returns what has to be written again */
  async #judge(
    batch: readonly Entry<T, U>[],
    problem: Problem,
    failures: number,
    kill: AbortSignal,
  ): Promise<readonly Entry<T, U>[]> {
    if (problem instanceof PartialProblem) return this.#judgeEach(batch, problem, failures, kill);
    const waits = problem instanceof DeniedProblem || problem instanceof LinkProblem;
    if (waits && (problem instanceof DeniedProblem || failures < this.#options.retries)) {
      await this.#wait(problem, failures, kill);
      return kill.aborted ? [] : batch;
    }
    if (!waits) this.#sink.up();
    for (const entry of batch) await this.#setAside(entry, problem, kill);
    return [];
  }

  async #judgeEach(
    batch: readonly Entry<T, U>[],
    partial: PartialProblem,
    failures: number,
    kill: AbortSignal,
  ): Promise<readonly Entry<T, U>[]> {
    const again: Entry<T, U>[] = [];
    let reason: Problem = partial;
    for (const [index, entry] of batch.entries()) {
      const problem = partial.failed.get(index);
      if (!problem) await this.#settle([entry], "done");
      else if (problem instanceof RejectedProblem) await this.#setAside(entry, problem, kill);
      else {
        again.push(entry);
        reason = problem;
      }
    }
    return again.length === 0 ? again : this.#judge(again, asLink(reason), failures, kill);
  }

  async #wait(problem: Problem, failures: number, kill: AbortSignal): Promise<void> {
    const ms = problem.retryAfter ?? this.#options.backoff(failures);
    this.#sink.down(problem, Date.now() + ms);
    await sleep(ms, kill);
  }

  async #setAside(entry: Entry<T, U>, reason: unknown, kill: AbortSignal): Promise<void> {
    await this.refuse(entry.delivery, reason, kill);
    this.#flying.delete(entry);
  }

  async #settle(entries: readonly Entry<T, U>[], outcome: Outcome): Promise<void> {
    for (const entry of entries) {
      this.#flying.delete(entry);
      this.#options.settled?.(outcome, entry.delivery.value);
      const settling = entry.delivery.settle(outcome);
      if (settling) await settling;
    }
  }

  /** @returns false if it could not be kept before `kill` rang */
  async #keep(value: T, reason: unknown, kill?: AbortSignal): Promise<boolean> {
    const { rejected, backoff } = this.#options;
    if (!rejected) return true;
    const signal = kill ?? new AbortController().signal;
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        await rejected.write([rejection(value, reason)], signal);
        return true;
      } catch (error) {
        if (!(error instanceof LinkProblem || error instanceof DeniedProblem)) throw error;
        this.#sink.down(error, Date.now() + backoff(failures));
        await sleep(backoff(failures), signal);
      }
    }
    return false;
  }
}

/** What is written about an item that was set aside. */
function rejection<T>(value: T, reason: unknown): Rejected<T> {
  const code = reason instanceof Problem ? reason.code : "item_refused";
  return { value, reason: messageOf(reason), code, at: Date.now() };
}

function asLink(problem: Problem): Problem {
  if (problem instanceof LinkProblem || problem instanceof DeniedProblem) return problem;
  return new LinkProblem("answer_unexpected", problem.message, { cause: problem });
}

function promised(value: void | Promise<void>): Promise<void> | undefined {
  return value instanceof Promise ? value : undefined;
}

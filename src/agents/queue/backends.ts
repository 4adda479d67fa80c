import type { Sink } from "../../core/delivery.ts";
import type { StopReason } from "../../core/life.ts";
import { PartialProblem, Problem } from "../../core/problems.ts";
import { Terms } from "../../core/terms.ts";
import { Bucket } from "./backend/bucket.ts";
import type { Answer, Backend, Call } from "./backend/call.ts";
import type { Gate } from "./backend/gate.ts";
import { batched, partly } from "./batching.ts";
import type { Config } from "./config/agent.ts";
import type { Dropped } from "./dropped.ts";
import type { Event } from "./event.ts";
import type { Preparation } from "./prepare.ts";
import { triesStatusAgain, verdictOf } from "./verdict.ts";

export interface BackendsOptions {
  readonly backend: Backend;
  readonly call: (event: Event) => Call;
  readonly gate: Gate;
  readonly preparation: Preparation | undefined;
}

/** The backends of an agent as the end of its pipeline: takes events, one by one or as a batch in one call. */
export class Backends implements Sink<Event> {
  readonly #config: Config;
  readonly #options: BackendsOptions;
  readonly #bucket: Bucket | undefined;
  readonly #verdict: (problem: Problem) => Problem;
  /** The time limits of events, below the signals that come with them. */
  readonly #terms = new WeakMap<AbortSignal, Terms>();
  readonly #dropped = new WeakMap<Event, Dropped>();
  /** Made when somebody waits, or when it rings. */
  #leaving: AbortController | undefined;

  constructor(config: Config, options: BackendsOptions) {
    this.#config = config;
    this.#options = options;
    this.#bucket = config.max_rate > 0 ? new Bucket(config.max_rate) : undefined;
    this.#verdict = verdictOf(config.retry);
  }

  /** Whether an event that is done was delivered, and if not, why. */
  fateOf(event: Event): Dropped | "delivered" {
    return this.#dropped.get(event) ?? "delivered";
  }

  /** What waits until a backend may be called, and what would, is not begun any more: a stop does not wait for that. */
  leave(reason: StopReason): void {
    this.#leaving ??= new AbortController();
    this.#leaving.abort(reason);
  }

  async write(events: readonly Event[], signal: AbortSignal): Promise<void> {
    if (this.#bucket || this.#options.gate.wait() > 0) await this.#admitted(events.length);
    signal.throwIfAborted();
    if (this.#config.batch.items > 1) return this.#writeBatch(events, signal);
    const [event] = events;
    const { preparation } = this.#options;
    if (!preparation) {
      await this.#send(this.#options.call(event!), signal);
      return;
    }
    const prepared = await preparation.begin(event!);
    if (typeof prepared === "string") this.#dropped.set(event!, prepared);
    else
      await preparation.around([event!], async () => {
        await this.#send(this.#options.call(prepared), signal);
        return [];
      });
  }

  /** Waits until so many events may be sent. Throws the reason of the stop if they may not before it. */
  async #admitted(count: number): Promise<void> {
    this.#leaving ??= new AbortController();
    const { signal: stop } = this.#leaving;
    const { gate } = this.#options;
    await gate.open(stop);
    let admitted = !stop.aborted || gate.wait() === 0;
    for (let taken = 0; admitted && taken < count; taken++)
      admitted = (await this.#bucket?.take(stop)) ?? true;
    if (!admitted) throw stop.reason;
  }

  async #send(call: Call, signal: AbortSignal): Promise<void> {
    const answer = await this.#within(call, signal);
    if (answer.problem) throw this.#verdict(answer.problem);
  }

  #within(call: Call, signal: AbortSignal): Promise<Answer> {
    return this.#termsBelow(signal).run((inner) => this.#options.backend(call, inner));
  }

  #termsBelow(signal: AbortSignal): Terms {
    const known = this.#terms.get(signal);
    if (known) return known;
    const terms = new Terms(signal, this.#config.timeout);
    this.#terms.set(signal, terms);
    return terms;
  }

  async #writeBatch(events: readonly Event[], signal: AbortSignal): Promise<void> {
    const { preparation } = this.#options;
    const failed = new Map<number, Problem>();
    const wanted: Wanted[] = [];
    for (const [index, given] of events.entries()) {
      const event = preparation ? await preparation.begin(given).catch(asProblem) : given;
      if (typeof event === "string") this.#dropped.set(given, event);
      else if (event instanceof Problem) failed.set(index, event);
      else wanted.push({ given, event, index });
    }
    const send = async () => {
      await this.#sendBatch(wanted, failed, signal);
      return wanted.filter(({ index }) => failed.has(index)).map(({ given }) => given);
    };
    const givens = wanted.map(({ given }) => given);
    try {
      if (wanted.length > 0) await (preparation ? preparation.around(givens, send) : send());
    } catch (error) {
      // It is about the call. What was never in it (filtered, a duplicate, refused before) has a fate of its own.
      if (!(error instanceof Problem) || wanted.length === events.length) throw error;
      for (const { index } of wanted) failed.set(index, error);
    }
    if (failed.size > 0) throw new PartialProblem(failed);
  }

  async #sendBatch(
    wanted: readonly Wanted[],
    failed: Map<number, Problem>,
    signal: AbortSignal,
  ): Promise<void> {
    const events = wanted.map(({ event }) => event);
    const answer = await this.#within(batched(events, this.#config.batch, this.#options.call), signal);
    if (answer.problem) throw this.#verdict(answer.problem);
    const partial = partly(answer.data, events, triesStatusAgain(this.#config.retry));
    for (const [index, problem] of partial?.failed ?? []) failed.set(wanted[index]!.index, problem);
  }
}

/** An event of a batch: as it was given, as it goes out, and its place in what was given. */
interface Wanted {
  readonly given: Event;
  readonly event: Event;
  readonly index: number;
}

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  throw error;
}

import type { Host } from "../../core/agent.ts";
import { messageOf } from "../../core/problems.ts";
import type { Depth } from "./depth.ts";
import type { Event } from "./event.ts";
import { metrics } from "./metrics.ts";

/** How an event ended, in the words of the metrics. */
export type Ending = "delivered" | "filtered" | "duplicate" | "rejected" | "requeued";

/** Counts what an agent does, in plain numbers: they are read when somebody asks. */
export class Counts {
  readonly #host: Host;
  readonly #endings: Record<Ending, number> = {
    delivered: 0,
    filtered: 0,
    duplicate: 0,
    rejected: 0,
    requeued: 0,
  };
  /** Made when they are needed, as an agent may rest for ever. */
  #age: { observe(value: number): void } | undefined;
  #tries: { observe(value: number): void } | undefined;
  readonly #calls = new Map<string, { observe(value: number): void }>();
  #received = 0;
  #retries = 0;
  #lastProblem: { readonly at: string; readonly message: string } | undefined;

  constructor(host: Host, inFlight: () => number) {
    this.#host = host;
    const { metrics: made } = host;
    made.read(metrics.received, () => [{ value: this.#received }]);
    made.read(metrics.retries, () => [{ value: this.#retries }]);
    made.read(metrics.inFlight, () => [{ value: inFlight() }]);
    made.read(metrics.settled, () =>
      Object.entries(this.#endings).map(([outcome, value]) => ({ labels: { outcome }, value })),
    );
  }

  /** The depth of its queue is told as well. */
  waiting(depth: Depth): void {
    this.#host.metrics.read(metrics.depth, () => {
      const { value } = depth;
      return value === undefined ? [] : [{ value }];
    });
  }

  received(): void {
    this.#received++;
  }

  called(backend: string, ms: number, result: string): void {
    const key = `${backend}\0${result}`;
    let series = this.#calls.get(key);
    if (!series) {
      series = this.#host.metrics.histogram(metrics.calls, { backend, result });
      this.#calls.set(key, series);
    }
    series.observe(ms / 1_000);
  }

  settled(event: Event, ending: Ending, tries: number, reason: unknown): void {
    this.#endings[ending]++;
    if (tries > 1) this.#retries += tries - 1;
    if (ending === "delivered") this.#delivered(event, tries);
    else if (reason !== undefined)
      this.#lastProblem = { at: new Date().toISOString(), message: messageOf(reason) };
  }

  inspect(): object {
    const last = this.#lastProblem && { last_problem: this.#lastProblem };
    return { received: this.#received, ...this.#endings, retries: this.#retries, ...last };
  }

  #delivered({ properties: { timestamp } }: Event, tries: number): void {
    const { metrics: made } = this.#host;
    this.#tries ??= made.histogram(metrics.tries);
    this.#tries.observe(tries);
    if (timestamp === undefined) return;
    this.#age ??= made.histogram(metrics.age);
    this.#age.observe(Math.max(0, Date.now() - timestamp) / 1_000);
  }
}

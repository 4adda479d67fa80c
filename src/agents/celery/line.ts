import type { Host } from "../../core/agent.ts";
import type { Delivery, Outcome } from "../../core/delivery.ts";
import type { Feed } from "../../core/feed.ts";
import { type Life, together } from "../../core/life.ts";
import type { Pipeline } from "../../core/pipeline.ts";
import type { ProbeStep } from "../../core/probe.ts";
import { messageOf } from "../../core/problems.ts";
import type { AsideList } from "../../wire/set-aside.ts";
import type { LineConfig } from "./config.ts";
import { type Counts, countsOf } from "./counts.ts";
import type { Document } from "./document.ts";
import { EventEnabler } from "./enable.ts";
import type { Gaps } from "./gaps.ts";
import { greeted, inTime } from "./greeting.ts";
import { Leftovers } from "./leftovers.ts";
import type { Arrival } from "./message.ts";
import { Passage } from "./passage.ts";
import { sourceSteps, targetSteps } from "./probing.ts";
import { sourceOf } from "./sources.ts";
import type { SweepOptions, Swept } from "./sweep.ts";

/** One way from a broker to Leek: a subscription. */
export class Line {
  readonly name: string;
  readonly counts: Counts;
  readonly #config: LineConfig;
  readonly #host: Host;
  readonly #source: Feed<Delivery<Arrival>>;
  readonly #passage: Passage;
  readonly #pipeline: Pipeline<Arrival, Document>;
  readonly #leftovers: Leftovers;
  readonly #enabler: EventEnabler | undefined;

  constructor(name: string, config: LineConfig, host: Host) {
    this.name = name;
    this.#config = config;
    this.#host = host;
    this.counts = countsOf(name, host);
    this.#source = sourceOf(name, config, host, this.counts);
    this.#passage = new Passage(config, host, this.counts);
    this.#pipeline = this.#passage.from(this.#source, host.health, (...settled) => this.#settled(...settled));
    this.#leftovers = new Leftovers(this.#passage, config, host);
    if (!config.enable_events) return;
    const enabler = new EventEnabler(config, host);
    this.#enabler = enabler;
    this.#passage.sees = (event) => enabler.see(event);
  }

  get inFlight(): number {
    return this.#pipeline.inFlight;
  }

  get gaps(): Gaps {
    return this.#passage.gaps;
  }

  async run(life: Life): Promise<void> {
    const { target, backoff } = this.#passage;
    const greet = (signal: AbortSignal) => target.greet(signal);
    const tasks = [
      (inner: Life) => inTime(inner, (short) => this.#pipeline.run(short)),
      (inner: Life) => this.#leftovers.run(inner),
      (inner: Life) => greeted(greet, this.#host.health.part("sink"), backoff, inner),
      ...(this.#enabler ? [(inner: Life) => this.#enabler!.run(inner)] : []),
    ];
    try {
      await together(life, ...tasks);
    } finally {
      await target.close();
    }
  }

  /** Everything outside that it needs. */
  async *probe(): AsyncGenerator<ProbeStep> {
    const { target, aside } = this.#passage;
    try {
      yield* sourceSteps(this.name, this.#config, this.#source);
      yield* targetSteps(target);
      yield { step: "rejected", attempt: (signal) => aside.probe?.(signal) };
    } finally {
      await target.close();
    }
  }

  /** Whether the broker is there and lets us in. Throws a Problem. */
  async probeSource(signal: AbortSignal): Promise<void> {
    await this.#source.probe?.(signal);
  }

  replay(ids?: readonly string[]): Promise<{ readonly replaying: boolean }> {
    return this.#leftovers.replay(ids);
  }

  setAside(most: number): Promise<AsideList> {
    return this.#leftovers.setAside(most);
  }

  sweep(options: SweepOptions): Promise<Swept> {
    return this.#leftovers.sweep(options);
  }

  inspect(): object {
    const oldest = this.#host.health.lag();
    return {
      in_flight: this.inFlight,
      ...(oldest !== undefined && { oldest_ms: Math.round(oldest) }),
      ...this.counts.inspect(),
      missing: this.gaps.list(),
      ...this.#leftovers.progress,
    };
  }

  #settled(outcome: Outcome, arrival: Arrival, reason: unknown): void {
    if (outcome === "done") this.#passage.remember(arrival);
    else if (outcome === "reject") this.counts.reject(messageOf(reason));
  }
}

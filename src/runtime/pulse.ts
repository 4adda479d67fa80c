import type { Headline } from "../core/metrics.ts";
import type { Supervisor } from "../core/supervisor.ts";
import type { Ward } from "../core/ward.ts";
import { Watchers } from "../core/watchers.ts";
import { HeadlineReader, nothing, type Totals } from "./headline.ts";
import type { ProcessMetrics } from "./metrics.ts";
import { type Figures, KEPT, Samples } from "./samples.ts";

/** How often agents are looked at, in milliseconds. */
export const STEP = 5_000;

/** How an agent fared in the last step. */
export interface Pulse {
  /** Items per second. */
  readonly rate: number;
  /** Problems and rejected items per second. */
  readonly errors: number;
  /** The mean of what was measured since the sample before, in milliseconds. */
  readonly latency?: number;
  /** How far the agent is behind the outside, in milliseconds. */
  readonly age?: number;
}

/** One round of looking at every agent. */
export interface Round {
  readonly at: number;
  /** Of every agent, by name. */
  figures(): Readonly<Record<string, Figures>>;
}

/** What was counted of an agent when it was last looked at, and its samples since. */
interface Followed {
  totals: Totals;
  readonly samples: Samples;
}

/** Follows every agent in a few figures, read from its counters: a round costs a few microseconds for each. */
export class Pulses {
  readonly rounds = new Watchers<Round>();
  readonly #supervisor: Supervisor;
  readonly #metrics: ProcessMetrics;
  readonly #headline: (kind: string) => Headline | undefined;
  readonly #readers = new Map<string, HeadlineReader>();
  readonly #followed = new Map<string, Followed>();
  readonly #times = new Float64Array(KEPT);
  #count = 0;
  #last: number;
  #timer: NodeJS.Timeout | undefined;
  #usage = process.cpuUsage();
  /** The share of one processor that the process took in the last step, in percent. */
  cpuPercent = 0;

  constructor(
    supervisor: Supervisor,
    metrics: ProcessMetrics,
    headline: (kind: string) => Headline | undefined,
  ) {
    this.#supervisor = supervisor;
    this.#metrics = metrics;
    this.#headline = headline;
    this.#last = Date.now();
  }

  start(): void {
    this.#last = Date.now();
    this.#timer = setInterval(() => this.look(), STEP).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Looks at every agent now. */
  look(now = Date.now()): void {
    const seconds = Math.max(0.001, (now - this.#last) / 1_000);
    this.#last = now;
    this.#useOf(seconds);
    const round = this.#count++;
    this.#times[round % KEPT] = now;
    const { names } = this.#supervisor;
    for (const name of names) {
      const ward = this.#supervisor.ward(name);
      if (ward) this.#lookAt(name, ward, seconds, round);
    }
    if (this.#followed.size > names.length) this.#forgetAllBut(new Set(names));
    this.rounds.tell({ at: now, figures: () => this.#figures(round) });
  }

  newest(name: string): Pulse | undefined {
    const figures = this.#followed.get(name)?.samples.at(this.#count - 1);
    if (!figures) return undefined;
    const [rate, errors, latency, age] = figures;
    return { rate, errors, ...(latency !== null && { latency }), ...(age !== null && { age }) };
  }

  /** The samples of an agent after a time, in milliseconds since 1970, the oldest first. */
  history(name: string, since = 0): [at: number, ...Figures][] {
    const kept = this.#followed.get(name)?.samples;
    const samples: [number, ...Figures][] = [];
    for (let round = Math.max(0, this.#count - KEPT); round < this.#count; round++) {
      const at = this.#times[round % KEPT]!;
      const figures = kept?.at(round);
      if (figures && at > since) samples.push([at, ...figures]);
    }
    return samples;
  }

  #useOf(seconds: number): void {
    const { user, system } = process.cpuUsage(this.#usage);
    this.#usage = process.cpuUsage();
    this.cpuPercent = Math.round((user + system) / (seconds * 1_000)) / 10;
  }

  #lookAt(name: string, { plan, health }: Ward, seconds: number, round: number): void {
    const followed = this.#follow(name, round);
    const before = followed.totals;
    const totals = this.#reader(plan.kind)?.read(name) ?? nothing();
    totals.errors += health.troubles.met;
    followed.totals = totals;
    const times = since(before.times, totals.times);
    followed.samples.put(round, [
      since(before.rate, totals.rate) / seconds,
      since(before.errors, totals.errors) / seconds,
      times === 0 ? null : since(before.took, totals.took) / times,
      health.lag() ?? null,
    ]);
  }

  #figures(round: number): Record<string, Figures> {
    const all: Record<string, Figures> = {};
    for (const [name, { samples }] of this.#followed) {
      const figures = samples.at(round);
      if (figures) all[name] = figures;
    }
    return all;
  }

  #forgetAllBut(names: ReadonlySet<string>): void {
    for (const name of this.#followed.keys()) if (!names.has(name)) this.#followed.delete(name);
  }

  #reader(kind: string): HeadlineReader | undefined {
    const known = this.#readers.get(kind);
    if (known) return known;
    const headline = this.#headline(kind);
    const reader = headline && new HeadlineReader(headline, this.#metrics);
    if (reader) this.#readers.set(kind, reader);
    return reader;
  }

  #follow(name: string, round: number): Followed {
    const known = this.#followed.get(name);
    if (known) return known;
    const followed = { totals: nothing(), samples: new Samples(round) };
    this.#followed.set(name, followed);
    return followed;
  }
}

/** How much more it is; a counter that starts over with its agent has counted all of it. */
function since(before: number, now: number): number {
  return now < before ? now : now - before;
}

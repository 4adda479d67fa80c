import type { Headline } from "../core/metrics.ts";
import type { Supervisor } from "../core/supervisor.ts";
import type { Ward } from "../core/ward.ts";
import { Watchers } from "../core/watchers.ts";
import type { ProcessMetrics } from "./metrics.ts";

/** How often agents are looked at, in milliseconds. */
export const STEP = 5_000;
/** How many samples are kept of each agent: a quarter of an hour. */
const KEPT = 180;
/** What is kept of a sample: rate, errors, latency, age. */
const WIDTH = 4;

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

/** Rate, errors, latency and age, as they go over the wire. */
export type Figures = readonly [rate: number, errors: number, latency: number | null, age: number | null];

/** One round of looking at every agent. */
export interface Round {
  readonly at: number;
  readonly figures: ReadonlyMap<string, Figures>;
}

/** What was counted of an agent when it was last looked at, and its samples since. */
interface Followed {
  rate: number;
  errors: number;
  latency: { sum: number; times: number };
  readonly ring: Float32Array;
}

/** Follows every agent in a few figures, read from its counters: a round costs about a microsecond for each. */
export class Pulses {
  readonly rounds = new Watchers<Round>();
  readonly #supervisor: Supervisor;
  readonly #metrics: ProcessMetrics;
  readonly #headline: (kind: string) => Headline | undefined;
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
    const slot = this.#count++ % KEPT;
    this.#times[slot] = now;
    const figures = new Map<string, Figures>();
    for (const name of this.#supervisor.names) {
      const ward = this.#supervisor.ward(name);
      if (ward) figures.set(name, this.#lookAt(name, ward, seconds, slot));
    }
    for (const name of this.#followed.keys()) if (!figures.has(name)) this.#followed.delete(name);
    this.rounds.tell({ at: now, figures });
  }

  newest(name: string): Pulse | undefined {
    const ring = this.#followed.get(name)?.ring;
    if (!ring || this.#count === 0) return undefined;
    const [rate, errors, latency, age] = figuresAt(ring, (this.#count - 1) % KEPT);
    if (Number.isNaN(rate)) return undefined;
    return { rate, errors, ...(latency !== null && { latency }), ...(age !== null && { age }) };
  }

  /** The samples of an agent after a time, in milliseconds since 1970, the oldest first. */
  history(name: string, since = 0): [at: number, ...Figures][] {
    const ring = this.#followed.get(name)?.ring;
    const samples: [number, ...Figures][] = [];
    for (let round = Math.max(0, this.#count - KEPT); ring && round < this.#count; round++) {
      const slot = round % KEPT;
      const at = this.#times[slot]!;
      const figures = figuresAt(ring, slot);
      if (at > since && !Number.isNaN(figures[0])) samples.push([at, ...figures]);
    }
    return samples;
  }

  #useOf(seconds: number): void {
    const { user, system } = process.cpuUsage(this.#usage);
    this.#usage = process.cpuUsage();
    this.cpuPercent = Math.round((user + system) / (seconds * 1_000)) / 10;
  }

  #lookAt(name: string, { plan, health }: Ward, seconds: number, slot: number): Figures {
    const followed = this.#follow(name);
    const { rate = [], errors = [], latency } = this.#headline(plan.kind) ?? {};
    const counted = this.#sum(name, rate);
    let wrong = this.#sum(name, errors);
    for (const { count } of health.counts.values()) wrong += count;
    const took = latency ? this.#metrics.total(name, { metric: latency }) : { sum: 0, times: 0 };
    const times = since(followed.latency.times, took.times);
    const unit = latency?.name.endsWith("milliseconds") ? 1 : 1_000;
    const figures: Figures = [
      since(followed.rate, counted) / seconds,
      since(followed.errors, wrong) / seconds,
      times === 0 ? null : (since(followed.latency.sum, took.sum) / times) * unit,
      health.lag() ?? null,
    ];
    Object.assign(followed, { rate: counted, errors: wrong, latency: took });
    for (let at = 0; at < WIDTH; at++) followed.ring[slot * WIDTH + at] = figures[at] ?? Number.NaN;
    return figures;
  }

  #sum(name: string, measures: Headline["rate"]): number {
    let sum = 0;
    for (const measure of measures) sum += this.#metrics.total(name, measure).sum;
    return sum;
  }

  #follow(name: string): Followed {
    const known = this.#followed.get(name);
    if (known) return known;
    const ring = new Float32Array(KEPT * WIDTH).fill(Number.NaN);
    const followed = { rate: 0, errors: 0, latency: { sum: 0, times: 0 }, ring };
    this.#followed.set(name, followed);
    return followed;
  }
}

/** How much more it is; a counter that starts over with its agent has counted all of it. */
function since(before: number, now: number): number {
  return now < before ? now : now - before;
}

function figuresAt(ring: Float32Array, slot: number): Figures {
  const at = (index: number) => ring[slot * WIDTH + index]!;
  const known = (value: number) => (Number.isNaN(value) ? null : value);
  return [at(0), at(1), known(at(2)), known(at(3))];
}

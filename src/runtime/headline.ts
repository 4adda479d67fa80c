import type { Headline, Labels, Measure } from "../core/metrics.ts";
import type { ProcessMetrics } from "./metrics.ts";

/** What an agent has done so far. */
export interface Totals {
  rate: number;
  errors: number;
  /** The sum of what was measured, in milliseconds, and how often. */
  took: number;
  times: number;
}

/** One metric, and what it counts for. */
interface Use {
  readonly metric: string;
  readonly see: (labels: Labels | undefined, sum: number, times: number) => void;
}

/** Reads the headline of one kind's agents. Each metric is read once, whatever it counts for. */
export class HeadlineReader {
  readonly #metrics: ProcessMetrics;
  readonly #uses: readonly Use[];
  #totals: Totals = nothing();

  constructor({ rate, errors = [], latency }: Headline, metrics: ProcessMetrics) {
    this.#metrics = metrics;
    const names = new Set([...rate, ...errors].map(({ metric }) => metric.name));
    const uses: Use[] = [...names].map((metric) => {
      const [rates, wrongs] = [fitting(rate, metric), fitting(errors, metric)];
      return {
        metric,
        see: (labels, sum) => {
          if (rates(labels)) this.#totals.rate += sum;
          if (wrongs(labels)) this.#totals.errors += sum;
        },
      };
    });
    if (latency) uses.push(this.#latency(latency.name));
    this.#uses = uses;
  }

  read(agent: string): Totals {
    this.#totals = nothing();
    for (const { metric, see } of this.#uses) this.#metrics.tell(agent, metric, see);
    return this.#totals;
  }

  #latency(metric: string): Use {
    return {
      metric,
      see: (_, sum, times) => {
        this.#totals.took += sum * 1_000;
        this.#totals.times += times;
      },
    };
  }
}

export function nothing(): Totals {
  return { rate: 0, errors: 0, took: 0, times: 0 };
}

/** Whether a series of this metric is among the measures. */
function fitting(measures: readonly Measure[], metric: string): Fits {
  const own = measures.filter((measure) => measure.metric.name === metric);
  if (own.length === 0) return () => false;
  if (own.some(({ only }) => !only)) return () => true;
  const wanted = own.map(({ only = {} }) =>
    both(Object.entries(only).map(([name, values]) => has(name, values))),
  );
  return wanted.length === 1 ? wanted[0]! : (labels) => wanted.some((fits) => fits(labels));
}

type Fits = (labels: Labels | undefined) => boolean;

function has(name: string, values: readonly string[]): Fits {
  const wanted = new Set(values);
  return (labels) => wanted.has(labels?.[name] ?? "");
}

/** Hardly ever is there more than one, and this is asked for every series of every agent. */
function both(all: readonly Fits[]): Fits {
  return all.length === 1 ? all[0]! : (labels) => all.every((fits) => fits(labels));
}

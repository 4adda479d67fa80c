import type { Labels, MetricSpec } from "../core/metrics.ts";

/** One value of a metric, as the library writes it out. */
interface Exported {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/**
 * A histogram whose series count in plain numbers. That of the library looks its series up by their labels at every
 * observation, which costs more than all else that is measured of an event.
 */
export class Histogram {
  readonly name: string;
  readonly help: string;
  readonly type = "histogram";
  readonly aggregator = "sum";
  readonly #bounds: readonly number[];
  readonly #series = new Map<string, Series>();

  constructor({ name, help, buckets = [] }: MetricSpec) {
    this.name = name;
    this.help = help;
    this.#bounds = [...buckets].sort((a, b) => a - b);
  }

  /** The series with these labels, made on first use. */
  labels(labels: Labels): Series {
    const key = JSON.stringify(labels);
    const known = this.#series.get(key);
    if (known) return known;
    const series = new Series(labels, this.#bounds);
    this.#series.set(key, series);
    return series;
  }

  remove(labels: Labels): void {
    this.#series.delete(JSON.stringify(labels));
  }

  reset(): void {
    this.#series.clear();
  }

  /** What the library asks of a metric. */
  async get(): Promise<object> {
    const values = [...this.#series.values()].flatMap((series) => series.exported(this.name));
    return { name: this.name, help: this.help, type: this.type, aggregator: this.aggregator, values };
  }
}

/** The observations of one set of labels. */
class Series {
  readonly #labels: Labels;
  readonly #bounds: readonly number[];
  /** By bucket; the last one is for what is beyond all bounds. */
  readonly #counts: number[];
  #sum = 0;

  constructor(labels: Labels, bounds: readonly number[]) {
    this.#labels = labels;
    this.#bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  /** Throws TypeError for what is no finite number: the sum would be lost. */
  observe(value: number): void {
    if (!Number.isFinite(value)) throw new TypeError(`${value} cannot be observed`);
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
    this.#counts[bucket]!++;
    this.#sum += value;
  }

  /** Buckets hold all that is below their bound, as Prometheus has it. */
  exported(name: string): Exported[] {
    const labels = this.#labels;
    let count = 0;
    const buckets = [...this.#bounds, "+Inf"].map((le, bucket) => {
      count += this.#counts[bucket]!;
      return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.#sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}

import { Counter, collectDefaultMetrics, Gauge, type Metric, Registry } from "prom-client";
import type { Labels, MetricSpec, Metrics, Sample } from "../core/metrics.ts";
import { Histogram } from "./histogram.ts";

type Reader = () => Iterable<Sample>;

/** What the metrics of the library have in common; it does not say their name in its types. */
interface Labelled<H> {
  labels(labels: Labels): H;
  remove(labels: Labels): void;
}

/** What a series was told so far, kept beside the library, which cannot be asked cheaply. */
interface Tally {
  readonly labels: Labels;
  /** The sum of what was counted or observed. */
  sum: number;
  /** How often. */
  times: number;
}

/** A series that was made. */
interface Made {
  readonly remove: () => void;
  readonly tally: Tally;
}

/** All metrics of the process. Series are made once and kept; those of an agent go when it is removed. */
export class ProcessMetrics {
  readonly #registry = new Registry();
  readonly #readers = new Map<string, Map<string, { labels: Labels; read: Reader }>>();
  /** The series that were made: by agent, by metric, by labels. */
  readonly #made = new Map<string, Map<string, Map<string, Made>>>();

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  /** The metrics as one agent sees them: every series gets its labels. */
  for(own: Labels): Metrics {
    return {
      counter: (spec, labels) => {
        const { series, tally } = this.#series(this.#counter(spec), spec, own, labels);
        return {
          inc: (by = 1) => {
            add(tally, by);
            series.inc(by);
          },
        };
      },
      gauge: (spec, labels) => this.#series(this.#gauge(spec), spec, own, labels).series,
      histogram: (spec, labels) => {
        const { series, tally } = this.#series(this.#histogram(spec), spec, own, labels);
        return {
          observe: (value) => {
            add(tally, value);
            series.observe(value);
          },
        };
      },
      read: (spec, samples) => this.#read(spec, own, samples),
    };
  }

  /** Forgets the series of an agent, and its readers, which hold on to it. */
  forget(agent: string): void {
    for (const readers of this.#readers.values()) readers.delete(agent);
    for (const series of this.#made.get(agent)?.values() ?? []) {
      for (const { remove } of series.values()) remove();
    }
    this.#made.delete(agent);
  }

  /**
   * Tells what an agent has counted or observed of a metric so far, series by series: the sum, and how often. It
   * makes no text.
   */
  tell(
    agent: string,
    metric: string,
    see: (labels: Labels | undefined, sum: number, times: number) => void,
  ): void {
    const made = this.#made.get(agent)?.get(metric);
    if (made) for (const { tally } of made.values()) see(tally.labels, tally.sum, tally.times);
    const reader = this.#readers.get(metric)?.get(agent);
    if (reader) for (const { labels, value } of reader.read()) see(labels, value, 0);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Everything as Prometheus text. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #series<H>(metric: Labelled<H>, spec: MetricSpec, own: Labels, more: Labels = {}) {
    const labels = { ...own, ...more };
    const made = this.#madeOf(own["agent"] ?? "", spec.name);
    const key = JSON.stringify(labels);
    // An agent that is started again makes the same series again.
    const known = made.get(key);
    const tally = known?.tally ?? { labels, sum: 0, times: 0 };
    if (!known) made.set(key, { tally, remove: () => metric.remove(labels) });
    return { series: metric.labels(labels), tally };
  }

  #madeOf(agent: string, metric: string): Map<string, Made> {
    const metrics = this.#made.get(agent) ?? new Map<string, Map<string, Made>>();
    this.#made.set(agent, metrics);
    const made = metrics.get(metric) ?? new Map<string, Made>();
    metrics.set(metric, made);
    return made;
  }

  #counter(spec: MetricSpec): Counter {
    return (
      (this.#registry.getSingleMetric(spec.name) as Counter | undefined) ?? new Counter(this.#options(spec))
    );
  }

  #gauge(spec: MetricSpec): Gauge {
    return (this.#registry.getSingleMetric(spec.name) as Gauge | undefined) ?? new Gauge(this.#options(spec));
  }

  #histogram(spec: MetricSpec): Histogram {
    const known = this.#registry.getSingleMetric(spec.name) as Histogram | undefined;
    if (known) return known;
    const made = new Histogram(spec);
    this.#registry.registerMetric(made as unknown as Metric);
    return made;
  }

  #read(spec: MetricSpec, own: Labels, read: Reader): void {
    const readers = this.#readers.get(spec.name) ?? this.#collect(spec);
    readers.set(own["agent"] ?? "", { labels: own, read });
  }

  /** A metric whose values are asked for at each scrape. */
  #collect(spec: MetricSpec): Map<string, { labels: Labels; read: Reader }> {
    const readers = new Map<string, { labels: Labels; read: Reader }>();
    this.#readers.set(spec.name, readers);
    const options = this.#options(spec);
    const samples = function* () {
      for (const { labels, read } of readers.values()) {
        for (const sample of read()) yield { labels: { ...labels, ...sample.labels }, value: sample.value };
      }
    };
    if (spec.type === "counter") {
      new Counter({
        ...options,
        collect() {
          this.reset();
          for (const { labels, value } of samples()) this.inc(labels, value);
        },
      });
    } else {
      new Gauge({
        ...options,
        collect() {
          this.reset();
          for (const { labels, value } of samples()) this.set(labels, value);
        },
      });
    }
    return readers;
  }

  #options(spec: MetricSpec) {
    return {
      name: spec.name,
      help: spec.help,
      labelNames: ["agent", "kind", ...(spec.labels ?? [])],
      registers: [this.#registry],
    };
  }
}

function add(tally: Tally, value: number): void {
  tally.sum += value;
  tally.times++;
}

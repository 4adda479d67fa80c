import { Counter, collectDefaultMetrics, Gauge, type Metric, Registry } from "prom-client";
import type { Labels, MetricSpec, Metrics, Sample } from "../core/metrics.ts";
import { Histogram } from "./histogram.ts";

type Reader = () => Iterable<Sample>;

/** What the metrics of the library have in common; it does not say their name in its types. */
interface Labelled<H> {
  readonly name?: string;
  labels(labels: Labels): H;
  remove(labels: Labels): void;
}

/** All metrics of the process. Series are made once and kept; those of an agent go when it is removed. */
export class ProcessMetrics {
  readonly #registry = new Registry();
  readonly #readers = new Map<string, Map<string, { labels: Labels; read: Reader }>>();
  /** How to remove each series that was made, by agent. */
  readonly #made = new Map<string, Map<string, () => void>>();

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  /** The metrics as one agent sees them: every series gets its labels. */
  for(own: Labels): Metrics {
    return {
      counter: (spec, labels) => this.#series(this.#counter(spec), own, labels),
      gauge: (spec, labels) => this.#series(this.#gauge(spec), own, labels),
      histogram: (spec, labels) => this.#series(this.#histogram(spec), own, labels),
      read: (spec, samples) => this.#read(spec, own, samples),
    };
  }

  /** Forgets the series of an agent, and its readers, which hold on to it. */
  forget(agent: string): void {
    for (const readers of this.#readers.values()) readers.delete(agent);
    for (const remove of this.#made.get(agent)?.values() ?? []) remove();
    this.#made.delete(agent);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Everything as Prometheus text. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #series<H>(metric: Labelled<H>, own: Labels, more: Labels = {}): H {
    const labels = { ...own, ...more };
    const agent = own["agent"] ?? "";
    const made = this.#made.get(agent) ?? new Map<string, () => void>();
    this.#made.set(agent, made);
    // An agent that is started again makes the same series again.
    made.set(`${metric.name} ${JSON.stringify(labels)}`, () => metric.remove(labels));
    return metric.labels(labels);
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

/** A metric as data, so that the reference is written from the same table that the code uses. */
export interface MetricSpec {
  /** Prometheus name, with unit: `outrider_agent_lag_seconds`. */
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** Labels besides `agent` and `kind`, which every series has. */
  readonly labels?: readonly string[];
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
}

/** What is counted: all series of a metric, or those alone whose labels have one of the given values. */
export interface Measure {
  readonly metric: MetricSpec;
  readonly only?: Readonly<Record<string, readonly string[]>>;
}

/** Which of a kind's metrics tell at a glance how an agent fares. Problems of its parts are counted besides. */
export interface Headline {
  /** Counters of what it is there for. */
  readonly rate: readonly Measure[];
  /** Counters of what went wrong. */
  readonly errors?: readonly Measure[];
  /** A histogram of seconds, or of milliseconds where its name says so. */
  readonly latency?: MetricSpec;
}

export type Labels = Readonly<Record<string, string>>;

/** A value with its labels, as read when somebody asks. */
export interface Sample {
  readonly labels?: Labels;
  readonly value: number;
}

/** What an agent may do with metrics. Handles are made once and kept: finding a series by labels is slow. */
export interface Metrics {
  counter(spec: MetricSpec, labels?: Labels): { inc(by?: number): void };
  gauge(spec: MetricSpec, labels?: Labels): { set(value: number): void };
  histogram(spec: MetricSpec, labels?: Labels): { observe(value: number): void };
  /** For hot paths that count in plain numbers: the values are read when somebody asks. */
  read(spec: MetricSpec, samples: () => Iterable<Sample>): void;
}

const nothing = { inc() {}, set() {}, observe() {} };

/** For embedding without metrics. */
export const unmeasured: Metrics = {
  counter: () => nothing,
  gauge: () => nothing,
  histogram: () => nothing,
  read() {},
};

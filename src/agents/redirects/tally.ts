import type { Headline, MetricSpec, Metrics } from "../../core/metrics.ts";
import type { Decision } from "./decision.ts";
import type { Project } from "./project.ts";

export const metrics = {
  decisions: {
    name: "outrider_redirects_decisions_total",
    help: "Decisions, by what came out: redirect, page, terminal (410, 451) or none.",
    type: "counter",
    labels: ["result"],
  },
  seconds: {
    name: "outrider_redirects_decision_seconds",
    help: "How long a decision took; one in 64 is measured.",
    type: "histogram",
    buckets: [1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 1e-3],
  },
  guarded: {
    name: "outrider_redirects_guarded_total",
    help: "Redirects that `guard` refused because captured text led to another host.",
    type: "counter",
  },
  rules: {
    name: "outrider_redirects_rules",
    help: "Rules that are served.",
    type: "gauge",
    labels: ["origin"],
  },
  badRules: {
    name: "outrider_redirects_bad_rules",
    help: "Rules that were left out because they do not compile.",
    type: "gauge",
    labels: ["origin"],
  },
  version: {
    name: "outrider_redirects_version",
    help: "The version that is served, where it is a number.",
    type: "gauge",
    labels: ["origin"],
  },
} as const satisfies Record<string, MetricSpec>;

export const headline: Headline = { rate: [{ metric: metrics.decisions }], latency: metrics.seconds };

const RESULTS = ["redirect", "page", "terminal", "none"] as const;

/** Counts decisions in plain numbers, and now and then takes the time of one. */
export class Tally {
  readonly counts: Record<(typeof RESULTS)[number], number> = { redirect: 0, page: 0, terminal: 0, none: 0 };
  #guarded = 0;
  readonly #seconds: { observe(value: number): void };
  #turn = 0;

  constructor(meter: Metrics, projects: readonly Project[]) {
    this.#seconds = meter.histogram(metrics.seconds);
    meter.read(metrics.decisions, () =>
      RESULTS.map((result) => ({ labels: { result }, value: this.counts[result] })),
    );
    meter.read(metrics.guarded, () => [{ value: this.#guarded }]);
    meter.read(metrics.rules, () => each(projects, (project) => sum(project, (layer) => layer.rules.length)));
    meter.read(metrics.badRules, () =>
      each(projects, (project) => sum(project, (layer) => layer.bad.length)),
    );
    meter.read(metrics.version, () => each(projects, (project) => Number(project.version)));
  }

  /** Before a decision. @returns what `end` wants to know */
  begin(): number {
    this.#turn = (this.#turn + 1) & 63;
    return this.#turn === 0 ? performance.now() : 0;
  }

  /** After a decision: its time, if it is its turn. */
  end(began: number): void {
    if (began !== 0) this.#seconds.observe((performance.now() - began) / 1_000);
  }

  /** Makes and counts a decision. `decide` is given a function to tell of each redirect that the guard refuses. */
  take(decide: (guarded: () => void) => Decision | undefined): Decision | undefined {
    const began = this.begin();
    const decision = decide(this.#refused);
    this.end(began);
    this.count(decision);
    return decision;
  }

  /** Counts a decision, and the use of the rule that it comes from. */
  count(decision: Decision | undefined): void {
    this.counts[decision?.kind ?? "none"]++;
    if (decision && decision.kind !== "page") decision.layer.used(decision.index);
  }

  readonly #refused = () => {
    this.#guarded++;
  };
}

function each(projects: readonly Project[], value: (project: Project) => number) {
  return projects
    .map((project) => ({ labels: { origin: project.origin }, value: value(project) }))
    .filter((sample) => Number.isFinite(sample.value));
}

function sum(project: Project, of: (layer: Project["layers"][number]) => number): number {
  return project.layers.reduce((total, layer) => total + of(layer), 0);
}

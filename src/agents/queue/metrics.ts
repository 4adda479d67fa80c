import type { Headline, MetricSpec } from "../../core/metrics.ts";

const SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export const metrics = {
  received: {
    name: "outrider_queue_received_total",
    help: "Events taken from the source, those that came again included.",
    type: "counter",
  },
  settled: {
    name: "outrider_queue_settled_total",
    help: "Events settled: `delivered`, `filtered`, `duplicate`, `rejected`, or `requeued`.",
    type: "counter",
    labels: ["outcome"],
  },
  retries: {
    name: "outrider_queue_retries_total",
    help: "Tries of events that had failed before.",
    type: "counter",
  },
  inFlight: {
    name: "outrider_queue_in_flight",
    help: "Events that were taken and are not settled.",
    type: "gauge",
  },
  depth: {
    name: "outrider_queue_depth",
    help: "Events that wait in the broker's queue. It is asked when this is read, so the value is that of the reading before.",
    type: "gauge",
  },
  age: {
    name: "outrider_queue_event_age_seconds",
    help: "How old events were when they were delivered, by the time their producers wrote on them.",
    type: "histogram",
    buckets: [...SECONDS, 300, 3_600, 86_400],
  },
  tries: {
    name: "outrider_queue_tries",
    help: "How many tries delivered events took.",
    type: "histogram",
    buckets: [1, 2, 3, 5, 8, 13, 21],
  },
  calls: {
    name: "outrider_queue_backend_seconds",
    help: "How long calls of a backend took, by the class of the status (`2xx`), `ok`, or the code of what went wrong.",
    type: "histogram",
    labels: ["backend", "result"],
    buckets: SECONDS,
  },
} as const satisfies Record<string, MetricSpec>;

export const headline: Headline = {
  rate: [{ metric: metrics.settled, only: { outcome: ["delivered", "filtered", "duplicate", "rejected"] } }],
  errors: [{ metric: metrics.settled, only: { outcome: ["rejected"] } }],
  latency: metrics.calls,
};

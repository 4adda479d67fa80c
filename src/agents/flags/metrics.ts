import type { Headline, MetricSpec } from "../../core/metrics.ts";

const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

export const metrics = {
  connections: {
    name: "outrider_flags_connections",
    help: "SDKs that are connected by WebSocket, by their type and environment.",
    type: "gauge",
    labels: ["type", "environment"],
  },
  connected: {
    name: "outrider_flags_connects_total",
    help: "SDKs that were let in by WebSocket.",
    type: "counter",
    labels: ["type"],
  },
  turned: {
    name: "outrider_flags_turned_away_total",
    help: "Connections that were refused, put off or ended by us, by reason; `expired` are often visitors with wrong clocks.",
    type: "counter",
    labels: ["reason"],
  },
  pushes: {
    name: "outrider_flags_pushes_total",
    help: "Changes of an environment that were told to its SDKs.",
    type: "counter",
  },
  spread: {
    name: "outrider_flags_push_seconds",
    help: "From the arrival of a change to its last write to an SDK, in seconds.",
    type: "histogram",
    buckets: SECONDS,
  },
  evaluation: {
    name: "outrider_flags_evaluation_seconds",
    help: "Evaluating the flags of one answer for one user, in seconds.",
    type: "histogram",
    buckets: [0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1],
  },
  requests: {
    name: "outrider_flags_requests_total",
    help: "HTTP requests, by route and status.",
    type: "counter",
    labels: ["route", "status"],
  },
  environments: {
    name: "outrider_flags_environments",
    help: "Environments that are served.",
    type: "gauge",
  },
  items: {
    name: "outrider_flags_items",
    help: "Flags and segments that are held, by environment.",
    type: "gauge",
    labels: ["environment", "item"],
  },
  version: {
    name: "outrider_flags_data_version",
    help: "The data version: when the newest flag or segment was changed, in milliseconds since 1970.",
    type: "gauge",
  },
  insights: {
    name: "outrider_flags_insights_total",
    help: "Insights that were taken from SDKs, sent on, let go because too many were waiting, or rejected.",
    type: "counter",
    labels: ["outcome"],
  },
} as const satisfies Record<string, MetricSpec>;

export const headline: Headline = {
  rate: [{ metric: metrics.requests }, { metric: metrics.connected }],
  errors: [
    { metric: metrics.turned },
    { metric: metrics.insights, only: { outcome: ["dropped", "rejected"] } },
  ],
  latency: metrics.spread,
};

import type { Headline, MetricSpec } from "../../core/metrics.ts";

export const metrics = {
  answers: { name: "outrider_haproxy_answers_total", help: "Answered agent checks.", type: "counter" },
  refused: {
    name: "outrider_haproxy_refused_total",
    help: "Connections closed unanswered: not on the allow-list, or too many at once.",
    type: "counter",
  },
  pollers: {
    name: "outrider_haproxy_pollers",
    help: "Who asks regularly: address and service.",
    type: "gauge",
  },
  state: {
    name: "outrider_haproxy_state",
    help: "1 for the status that is said now.",
    type: "gauge",
    labels: ["service", "status"],
  },
  weight: {
    name: "outrider_haproxy_weight_percent",
    help: "The weight that is said now, if one is.",
    type: "gauge",
    labels: ["service"],
  },
} as const satisfies Record<string, MetricSpec>;

export const headline: Headline = {
  rate: [{ metric: metrics.answers }],
  errors: [{ metric: metrics.refused }],
};

import type { Headline, MetricSpec } from "../../core/metrics.ts";

export const metrics = {
  carried: {
    name: "outrider_template_carried_total",
    help: "Items that were carried over.",
    type: "counter",
  },
  rejected: { name: "outrider_template_rejected_total", help: "Items that were set aside.", type: "counter" },
} as const satisfies Record<string, MetricSpec>;

export const headline: Headline = {
  rate: [{ metric: metrics.carried }],
  errors: [{ metric: metrics.rejected }],
};

import type { MetricSpec } from "./metrics.ts";

/** The series that every agent has, whatever its kind. */
export const coreMetrics = {
  up: {
    name: "outrider_agent_up",
    help: "1 if the agent is ready, 0.5 if it is ready but a part is down, 0 otherwise.",
    type: "gauge",
  },
  restarts: {
    name: "outrider_agent_restarts_total",
    help: "How often the agent fell and was started again.",
    type: "counter",
  },
  lag: {
    name: "outrider_agent_lag_seconds",
    help: "How far the agent is behind the outside: since the last sign of life of its origin, or the age of its oldest unsettled item.",
    type: "gauge",
  },
  part: {
    name: "outrider_part_up",
    help: "1 if the part is up, 0 if it is connecting or down.",
    type: "gauge",
    labels: ["part"],
  },
  problems: {
    name: "outrider_problems_total",
    help: "How often a part went down, by problem code.",
    type: "counter",
    labels: ["part", "code"],
  },
} as const satisfies Record<string, MetricSpec>;

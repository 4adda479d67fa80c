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
  spool: {
    name: "outrider_spool_bytes",
    help: "Bytes that a spool takes on disk; what is settled is let go piece by piece.",
    type: "gauge",
    labels: ["spool"],
  },
  spoolLimit: {
    name: "outrider_spool_limit_bytes",
    help: "The most bytes that a spool may take; beyond it, the oldest items are let go, or new ones refused.",
    type: "gauge",
    labels: ["spool"],
  },
  spoolLost: {
    name: "outrider_spool_lost_bytes_total",
    help: "Bytes of the oldest items that were let go because the spool was full.",
    type: "counter",
    labels: ["spool"],
  },
} as const satisfies Record<string, MetricSpec>;

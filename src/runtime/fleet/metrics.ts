import type { MetricSpec } from "../../core/metrics.ts";

/** Series of a process that reports, or to which others report. They have no agent and no kind. */
export const fleetMetrics = {
  nodes: {
    name: "outrider_fleet_nodes",
    help: "How many processes are known to the one that listens.",
    type: "gauge",
    labels: ["state"],
  },
  online: {
    name: "outrider_fleet_node_online",
    help: "1 if the process is online, 0 if it is not.",
    type: "gauge",
    labels: ["node"],
  },
  silence: {
    name: "outrider_fleet_node_silence_seconds",
    help: "How long ago the process reported last.",
    type: "gauge",
    labels: ["node"],
  },
  reports: {
    name: "outrider_fleet_reports_total",
    help: "Reports of this process, by what became of them.",
    type: "counter",
    labels: ["result"],
  },
  link: {
    name: "outrider_fleet_link_up",
    help: "1 if reports of this process arrive, 0 if they do not.",
    type: "gauge",
  },
} as const satisfies Record<string, MetricSpec>;

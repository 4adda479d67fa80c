import { coreMetrics } from "../core/core-metrics.ts";
import type { MetricSpec, Metrics } from "../core/metrics.ts";

/** What a spool tells of itself. */
export interface ShownSpool {
  /** Bytes on disk; undefined while it is not open. */
  readonly bytes: number | undefined;
  readonly limit: number;
  readonly lostBytes: number;
}

/** A place for the spools of one agent, by name. Those that are open show in its metrics. */
export function spoolsShownBy(metrics: Metrics): Map<string, ShownSpool> {
  const spools = new Map<string, ShownSpool>();
  const show = (spec: MetricSpec, value: (spool: ShownSpool) => number | undefined) =>
    metrics.read(spec, () =>
      [...spools]
        .filter(([, { bytes }]) => bytes !== undefined)
        .map(([spool, shown]) => ({ labels: { spool }, value: value(shown) ?? 0 })),
    );
  show(coreMetrics.spool, ({ bytes }) => bytes);
  show(coreMetrics.spoolLimit, ({ limit }) => limit);
  show(coreMetrics.spoolLost, ({ lostBytes }) => lostBytes);
  return spools;
}

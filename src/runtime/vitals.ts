import { coreMetrics } from "../core/core-metrics.ts";
import type { Sample } from "../core/metrics.ts";
import type { Supervisor } from "../core/supervisor.ts";
import type { Ward } from "../core/ward.ts";
import type { ProcessMetrics } from "./metrics.ts";

/** Keeps the series that every agent has: they are read from its health when somebody asks. */
export function meter(metrics: ProcessMetrics, supervisor: Supervisor): void {
  const { read } = metrics.for({});
  const each = (samples: (ward: Ward) => Iterable<Sample>) =>
    function* (): Generator<Sample> {
      for (const name of supervisor.names) {
        const ward = supervisor.ward(name);
        if (!ward) continue;
        const own = { agent: name, kind: ward.plan.kind };
        for (const { labels, value } of samples(ward)) yield { labels: { ...own, ...labels }, value };
      }
    };
  read(
    coreMetrics.up,
    each(({ health }) => [{ value: UP[health.standing] ?? 0 }]),
  );
  read(
    coreMetrics.restarts,
    each(({ health }) => [{ value: health.restarts }]),
  );
  read(
    coreMetrics.lag,
    each(({ health }) => {
      const lag = health.lag();
      return lag === undefined ? [] : [{ value: lag / 1_000 }];
    }),
  );
  read(
    coreMetrics.part,
    each(({ health }) =>
      health
        .report()
        .parts.map(({ name, state }) => ({ labels: { part: name }, value: state === "up" ? 1 : 0 })),
    ),
  );
  read(
    coreMetrics.problems,
    each(({ health }) =>
      [...health.counts.values()].map(({ part, code, count }) => ({ labels: { part, code }, value: count })),
    ),
  );
}

const UP: Record<string, number> = { ready: 1, degraded: 0.5 };

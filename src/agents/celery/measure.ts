import type { Host } from "../../core/agent.ts";
import type { MetricSpec, Sample } from "../../core/metrics.ts";
import type { Line } from "./line.ts";
import { metrics } from "./metrics.ts";

/** Shows what lines count, whenever somebody reads it. */
export function measured(made: Host["metrics"], lines: () => readonly Line[]): void {
  const read = (spec: MetricSpec, values: (line: Line) => readonly Sample[]) =>
    made.read(spec, () => lines().flatMap((line) => values(line).map((each) => of(line, each))));
  read(metrics.received, ({ counts }) => [{ value: counts.messages }]);
  read(metrics.events, ({ counts }) => [{ value: counts.events }]);
  read(metrics.dropped, ({ counts }) => labelled("reason", counts.dropped));
  read(metrics.posted, ({ counts }) =>
    labelled("what", { documents: counts.documents, events: counts.postedEvents }),
  );
  read(metrics.duplicates, ({ counts }) =>
    labelled("what", { suppressed: counts.suppressed, possible: counts.possibleDuplicates }),
  );
  read(metrics.rejected, ({ counts }) => [{ value: counts.rejected }]);
  read(metrics.stripped, ({ counts }) => [{ value: counts.bare }]);
  read(metrics.short, ({ counts }) => [{ value: counts.unstored }]);
  read(metrics.lost, ({ counts }) => [{ value: counts.lost }]);
  read(metrics.spoolLost, ({ counts }) => labelled("what", counts.spoolLost));
  read(metrics.links, ({ counts }) => [{ value: counts.links }]);
  read(metrics.buffered, ({ inFlight }) => [{ value: inFlight }]);
  read(metrics.depth, ({ counts }) => (counts.depth === undefined ? [] : [{ value: counts.depth }]));
  read(metrics.missing, ({ gaps }) => [{ value: gaps.missing }]);
}

function of({ name }: Line, { labels, value }: Sample): Sample {
  return { labels: { subscription: name, ...labels }, value };
}

function labelled(label: string, values: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(values).map(([key, value]) => ({ labels: { [label]: key }, value }));
}

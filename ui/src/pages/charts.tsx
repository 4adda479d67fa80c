import { samplesOf } from "../live/agents.ts";
import { count, span } from "../look/format.ts";
import { LazyChart as Chart } from "../parts/lazy-chart.tsx";
import { withGaps } from "./gaps.ts";

const titles: Record<string, string> = {
  redirects: "Requests a second",
  flags: "Messages a second",
  haproxy: "Answers a second",
  queue: "Events a second",
  celery: "Events a second",
};

/** The last fifteen minutes of an agent. */
export function Charts({ name, kind }: { name: string; kind: string }) {
  const samples = withGaps(samplesOf(name));
  const times = samples.map(([at]) => at / 1_000);
  const of = (column: 1 | 2 | 3 | 4) => samples.map((sample) => sample[column]);
  const ms = (value: number) => (value === 0 ? "0" : span(value));
  // Not every kind has something to measure there.
  const measured = (column: 3 | 4) => samples.length < 2 || samples.some((sample) => sample[column] !== null);
  const common = { times, group: `agent-${name}` };
  return (
    <section class="charts" aria-label="The last 15 minutes">
      <Chart
        {...common}
        title={titles[kind] ?? "Items a second"}
        values={of(1)}
        format={count}
        colour="--accent"
      />
      <Chart {...common} title="Problems a second" values={of(2)} format={count} colour="--bad" />
      {measured(3) && <Chart {...common} title="Latency" values={of(3)} format={ms} colour="--violet" />}
      {measured(4) && <Chart {...common} title="Behind" values={of(4)} format={ms} colour="--warn" />}
    </section>
  );
}

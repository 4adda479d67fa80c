import type { Host } from "../../core/agent.ts";
import type { Outcome, Rejected, Sink } from "../../core/delivery.ts";
import { type Life, Lifetime, settlesWithin, together } from "../../core/life.ts";
import { FileSink } from "../../wire/ndjson.ts";
import { type Anonymise, anonymiser } from "./anonymise.ts";
import type { InsightsConfig } from "./config.ts";
import { wayOf } from "./config-way.ts";
import { EventServer } from "./event-server.ts";
import type { Insight, Parcel } from "./insight.ts";
import { InsightLane } from "./insight-lane.ts";
import { InsightLanes } from "./insight-lanes.ts";
import { metrics } from "./metrics.ts";
import type { EnvironmentSecret } from "./model.ts";

/** How long an SDK waits until its insights are safe, in milliseconds; then it is answered all the same. */
const PATIENCE = 2_000;

/**
 * Usage data on its way from SDKs to wherever it belongs: cleaned, anonymised, kept on disk, sent in batches. Each
 * environment has a lane of its own, so that one whose events are refused holds up no other.
 */
export class Insights {
  readonly #anonymise: Anonymise;
  readonly #server: EventServer | undefined;
  readonly #sink: Sink<Parcel>;
  readonly #lanes: InsightLanes | undefined;
  /** Where insights wait while nobody knows which environments there are; with a file it leads there itself. */
  readonly #hall: InsightLane;
  readonly counts = { taken: 0, dropped: 0, sent: 0, rejected: 0 };

  constructor(
    { to, anonymise, batch, spool }: InsightsConfig,
    host: Host,
    secrets: (envId: string) => readonly EnvironmentSecret[] | undefined,
  ) {
    this.#anonymise = anonymiser(anonymise);
    this.#server = to.featbit && new EventServer({ url: to.featbit.url, way: wayOf(to.featbit), secrets });
    this.#sink = this.#server ?? new FileSink<Parcel>(to.file!);
    const rejected = new FileSink<Rejected<Parcel>>({ path: host.file("insights-rejected.ndjson") });
    const settled = (outcome: Outcome) => this.#settled(outcome);
    const shared = { host, batch, spool, rejected };
    this.#lanes =
      this.#server &&
      new InsightLanes((name) => new InsightLane({ ...shared, name, sink: this.#sink, settled }));
    const passed = (outcome: Outcome) => outcome === "reject" && this.#settled(outcome);
    this.#hall = new InsightLane(
      this.#lanes
        ? {
            ...shared,
            name: "",
            sink: this.#lanes,
            batch: { items: batch.items, window: 0 },
            settled: passed,
          }
        : { ...shared, name: "", sink: this.#sink, settled },
    );
    host.metrics.read(metrics.insights, () =>
      Object.entries(this.counts).map(([outcome, value]) => ({ labels: { outcome }, value })),
    );
  }

  /** These environments are served from now on. */
  serve(envIds: Iterable<string>): void {
    this.#lanes?.serve(envIds);
  }

  async run(life: Life): Promise<void> {
    // What the hall has in hand when it is told to stop still has to find its lane.
    const after = new Lifetime();
    await together(
      life,
      (inner) => this.#hall.run(inner).finally(() => after.ringStop("stopped")),
      (inner) => this.#runLanes({ stop: after.stop, kill: inner.kill }),
    );
    await this.#server?.close();
  }

  /** Takes insights in. Resolves when they are safe, or soon. */
  async take(envId: string, insights: readonly Insight[]): Promise<void> {
    const kept = insights.map((each) => this.#take(envId, each)).filter((each) => each !== undefined);
    if (kept.length === 0) return;
    await settlesWithin(PATIENCE, Promise.all(kept));
  }

  async probe(signal: AbortSignal): Promise<void> {
    await this.#sink.probe?.(signal);
  }

  #take(envId: string, whole: Insight): Promise<unknown> | undefined {
    const insight = this.#anonymise(envId, whole);
    if (!insight) return undefined;
    const kept = (this.#lanes?.of(envId) ?? this.#hall).put({ envId, insight });
    if (kept) this.counts.taken++;
    else this.counts.dropped++;
    return kept;
  }

  #runLanes(life: Life): Promise<void> {
    return this.#lanes?.run(life) ?? Promise.resolve();
  }

  #settled(outcome: Outcome): void {
    if (outcome === "done") this.counts.sent++;
    else if (outcome === "reject") this.counts.rejected++;
  }
}

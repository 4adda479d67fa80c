import type { Host } from "../../core/agent.ts";
import { backoff } from "../../core/backoff.ts";
import type { Outcome, Rejected, Sink } from "../../core/delivery.ts";
import { type Life, settlesWithin } from "../../core/life.ts";
import { Pipeline } from "../../core/pipeline.ts";
import { Inbox } from "../../wire/inbox.ts";
import { FileSink } from "../../wire/ndjson.ts";
import { type Anonymise, anonymiser } from "./anonymise.ts";
import type { InsightsConfig } from "./config.ts";
import { EventServer } from "./event-server.ts";
import type { Insight, Parcel } from "./insight.ts";
import { metrics } from "./metrics.ts";
import type { EnvironmentSecret } from "./model.ts";

/** How many insights may be on their way to the disk at once; beyond them new ones are let go and counted. */
const MOST_WAITING = 20_000;
/** How long an SDK waits until its insights are safe, in milliseconds; then it is answered all the same. */
const PATIENCE = 2_000;

/** Usage data on its way from SDKs to wherever it belongs: cleaned, anonymised, kept on disk, sent in batches. */
export class Insights {
  readonly #inbox = new Inbox<Parcel>(MOST_WAITING);
  readonly #anonymise: Anonymise;
  readonly #pipeline: Pipeline<Parcel>;
  readonly #server: EventServer | undefined;
  readonly #sink: Sink<Parcel>;
  readonly counts = { taken: 0, dropped: 0, sent: 0, rejected: 0 };

  constructor(
    { to, anonymise, batch, spool }: InsightsConfig,
    host: Host,
    secrets: (envId: string) => readonly EnvironmentSecret[] | undefined,
  ) {
    this.#anonymise = anonymiser(anonymise);
    this.#server = to.featbit && new EventServer({ url: to.featbit.url, secrets });
    this.#sink = this.#server ?? new FileSink<Parcel>(to.file!);
    this.#pipeline = new Pipeline<Parcel>({
      source: host.spool(this.#inbox, { bytes: spool }),
      transform: (parcel) => parcel,
      batch: { items: batch.items, bytes: 1_000_000, window: batch.window },
      sink: this.#sink,
      rejected: new FileSink<Rejected<Parcel>>({ path: host.file("insights-rejected.ndjson") }),
      workers: 2,
      retries: Number.POSITIVE_INFINITY,
      health: host.health,
      backoff: backoff("exponential-jitter"),
      settled: (outcome) => this.#settled(outcome),
    });
    host.metrics.read(metrics.insights, () =>
      Object.entries(this.counts).map(([outcome, value]) => ({ labels: { outcome }, value })),
    );
  }

  async run(life: Life): Promise<void> {
    await this.#pipeline.run(life);
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
    const parcel = { envId, insight };
    const kept = this.#inbox.put(parcel, JSON.stringify(parcel).length);
    if (kept) this.counts.taken++;
    else this.counts.dropped++;
    return kept;
  }

  #settled(outcome: Outcome): void {
    if (outcome === "done") this.counts.sent++;
    else if (outcome === "reject") this.counts.rejected++;
  }
}

import type { Host } from "../../core/agent.ts";
import { backoff } from "../../core/backoff.ts";
import type { Outcome, Rejected, Sink } from "../../core/delivery.ts";
import { Health } from "../../core/health.ts";
import type { Life } from "../../core/life.ts";
import { mirrored } from "../../core/mirror.ts";
import { Pipeline } from "../../core/pipeline.ts";
import { Inbox, type Settled } from "../../wire/inbox.ts";
import type { InsightsConfig } from "./config.ts";
import type { Parcel } from "./insight.ts";

export interface InsightLaneOptions {
  /** Whose insights these are: an environment's id; empty for one that takes all of them. */
  readonly name: string;
  readonly host: Host;
  readonly batch: InsightsConfig["batch"];
  /** How much is kept on disk, in bytes. */
  readonly spool: number;
  readonly sink: Sink<Parcel>;
  /** Where those are kept that the sink will never take. */
  readonly rejected: Sink<Rejected<Parcel>>;
  settled?(outcome: Outcome): void;
}

/** How many insights may be on their way to the disk at once; beyond them new ones are let go and counted. */
const MOST_WAITING = 20_000;

/** Insights on their way: kept on disk, sent in batches. What holds up one lane is no matter of another's. */
export class InsightLane {
  readonly #inbox = new Inbox<Parcel>(MOST_WAITING);
  readonly #options: InsightLaneOptions;
  readonly #health: Health;
  readonly #pipeline: Pipeline<Parcel>;

  constructor(options: InsightLaneOptions) {
    const { name, host, batch, spool, sink, rejected, settled } = options;
    this.#options = options;
    this.#health = name === "" ? host.health : new Health();
    this.#pipeline = new Pipeline<Parcel>({
      source: host.spool(this.#inbox, { bytes: spool, name, link: this.#health.part("link") }),
      transform: (parcel) => parcel,
      batch: { items: batch.items, bytes: 1_000_000, window: batch.window },
      sink,
      rejected,
      workers: 2,
      retries: Number.POSITIVE_INFINITY,
      health: this.#health,
      backoff: backoff("exponential-jitter"),
      ...(settled && { settled: (outcome: Outcome) => settled(outcome) }),
    });
  }

  /** @returns a promise that resolves when it is on disk; undefined where too many are on their way there */
  put(parcel: Parcel): Promise<Settled> | undefined {
    return this.#inbox.put(parcel, JSON.stringify(parcel).length);
  }

  async run(life: Life): Promise<void> {
    const { name, host } = this.#options;
    const forget = name === "" ? () => {} : mirrored(this.#health, host.health, name);
    try {
      await this.#pipeline.run(life);
    } finally {
      forget();
    }
  }
}

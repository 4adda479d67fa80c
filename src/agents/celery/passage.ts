import type { Host } from "../../core/agent.ts";
import { type Backoff, backoff } from "../../core/backoff.ts";
import type { Delivery, Outcome, Rejected, Sink } from "../../core/delivery.ts";
import type { Feed } from "../../core/feed.ts";
import type { Health } from "../../core/health.ts";
import { Pipeline } from "../../core/pipeline.ts";
import type { LineConfig } from "./config.ts";
import type { Counts } from "./counts.ts";
import { type Document, documentOf } from "./document.ts";
import type { CeleryEvent } from "./event.ts";
import { Gaps } from "./gaps.ts";
import { type Arrival, isUnreadable } from "./message.ts";
import { Recent } from "./recent.ts";
import { asideIn } from "./rejected.ts";
import { type Target, targetOf } from "./targets.ts";

/** Told what became of an arrival. */
export type Settled = (outcome: Outcome, arrival: Arrival, reason: unknown) => void;

/** How events get to Leek, wherever they come from: what arrives, what lay in a file, what lay in a list. */
export class Passage {
  readonly target: Target;
  readonly aside: Sink<Rejected<Arrival>>;
  /** Where rejected events are kept. */
  readonly file: string;
  readonly backoff: Backoff;
  readonly gaps = new Gaps();
  /** Sees every event that arrives. */
  sees: (event: CeleryEvent) => void = () => {};
  readonly #config: LineConfig;
  readonly #counts: Counts;
  readonly #recent = new Recent();

  constructor(config: LineConfig, host: Host, counts: Counts) {
    this.#config = config;
    this.#counts = counts;
    const { first, max } = config.retry;
    this.backoff = backoff("exponential-jitter", { base: first, max });
    this.target = targetOf(config, counts);
    this.file = config.rejected.file.path ?? host.file("rejected.ndjson");
    this.aside = asideIn(this.file);
  }

  /** A pipeline from a source to Leek. @param health whose parts it moves */
  from(source: Feed<Delivery<Arrival>>, health: Health, settled: Settled): Pipeline<Arrival, Document> {
    const { batch } = this.#config;
    return new Pipeline<Arrival, Document>({
      source,
      transform: (arrival) => this.#transform(arrival),
      batch: { items: batch.items, bytes: batch.size, window: batch.window },
      sink: this.target.sink,
      rejected: this.aside,
      // One batch after the other keeps the order of each task; the sink posts the documents of one side by side.
      workers: 1,
      // Nothing is given up because somebody is away.
      retries: Number.POSITIVE_INFINITY,
      health,
      backoff: this.backoff,
      settled,
    });
  }

  /** What comes again although Leek has it is not posted again. */
  remember(arrival: Arrival): void {
    if (this.#config.from.amqp && !isUnreadable(arrival)) this.#recent.add(arrival.event);
  }

  #transform(arrival: Arrival): Document | undefined {
    if (isUnreadable(arrival)) throw arrival.problem;
    const { event, redelivered } = arrival;
    this.gaps.see(event);
    this.sees(event);
    if (redelivered && this.#recent.has(event)) {
      this.#counts.suppressed++;
      return undefined;
    }
    return documentOf(event, this.target.env, Date.now());
  }
}

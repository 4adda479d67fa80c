import type { Host } from "../../core/agent.ts";
import { type Backoff, backoff } from "../../core/backoff.ts";
import type { Delivery, Outcome, Rejected, Sink } from "../../core/delivery.ts";
import type { Feed } from "../../core/feed.ts";
import { Health } from "../../core/health.ts";
import { type Life, Lifetime, later, onAbort, sleep, together } from "../../core/life.ts";
import { Pipeline } from "../../core/pipeline.ts";
import type { ProbeStep } from "../../core/probe.ts";
import { isTrouble, messageOf } from "../../core/problems.ts";
import { FileReplay, type ReplayProgress } from "../../wire/replay.ts";
import type { LineConfig } from "./config.ts";
import { Counts } from "./counts.ts";
import { type Document, documentOf } from "./document.ts";
import { EventEnabler } from "./enable.ts";
import { exploded } from "./exploded.ts";
import { Gaps } from "./gaps.ts";
import { type Arrival, isUnreadable } from "./message.ts";
import { metrics } from "./metrics.ts";
import { Recent } from "./recent.ts";
import { arrivalsOf, asideIn } from "./rejected.ts";
import { readingOf, sourceOf } from "./sources.ts";
import { type Target, targetOf } from "./targets.ts";

/**
 * How long a line that is told to stop tries to post what it holds, in milliseconds. After that the broker, or the spool,
 * has it still, and whoever told us to stop does not wait for a Leek that is away.
 */
const FLUSH = 5_000;

/** One way from a broker to Leek: a subscription. */
export class Line {
  readonly name: string;
  readonly counts: Counts;
  readonly gaps = new Gaps();
  readonly #config: LineConfig;
  readonly #host: Host;
  readonly #backoff: Backoff;
  readonly #source: Feed<Delivery<Arrival>>;
  readonly #target: Target;
  readonly #aside: Sink<Rejected<Arrival>>;
  readonly #pipeline: Pipeline<Arrival, Document>;
  readonly #replay: FileReplay;
  readonly #enabler: EventEnabler | undefined;
  readonly #recent = new Recent();

  constructor(name: string, config: LineConfig, host: Host) {
    this.name = name;
    this.#config = config;
    this.#host = host;
    const { first, max } = config.retry;
    this.#backoff = backoff("exponential-jitter", { base: first, max });
    this.counts = this.#counted();
    this.#source = sourceOf(name, config, host, this.counts);
    this.#target = targetOf(config, this.counts);
    const path = config.rejected.file.path ?? host.file("rejected.ndjson");
    this.#aside = asideIn(path);
    this.#enabler = config.enable_events ? new EventEnabler(config, host) : undefined;
    this.#pipeline = this.#pipelineOf(this.#source, host.health, (...settled) => this.#settled(...settled));
    this.#replay = new FileReplay({
      file: path,
      snapshot: host.snapshot("replay"),
      pass: (lines, progress, life) => this.#again(lines, progress, life),
    });
  }

  get inFlight(): number {
    return this.#pipeline.inFlight;
  }

  async run(life: Life): Promise<void> {
    const tasks = [
      (inner: Life) => inTime(inner, (short) => this.#pipeline.run(short)),
      (inner: Life) => this.#replay.run(inner),
      (inner: Life) => this.#greet(inner),
      ...(this.#enabler ? [(inner: Life) => this.#enabler!.run(inner)] : []),
    ];
    try {
      await together(life, ...tasks);
    } finally {
      await this.#target.close();
    }
  }

  /** Everything outside that it needs. */
  async *probe(): AsyncGenerator<ProbeStep> {
    const { sink } = this.#target;
    const aside = this.#aside;
    try {
      yield { step: "source", attempt: (signal) => this.#source.probe?.(signal) };
      yield { step: "sink", attempt: (signal) => sink.probe?.(signal) };
      yield { step: "rejected", attempt: (signal) => aside.probe?.(signal) };
    } finally {
      await this.#target.close();
    }
  }

  /** Whether the broker is there and lets us in. Throws a Problem. */
  async probeSource(signal: AbortSignal): Promise<void> {
    await this.#source.probe?.(signal);
  }

  replay(): Promise<{ readonly replaying: boolean }> {
    return this.#replay.begin();
  }

  inspect(): object {
    const oldest = this.#host.health.lag();
    return {
      in_flight: this.inFlight,
      ...(oldest !== undefined && { oldest_ms: Math.round(oldest) }),
      ...this.counts.inspect(),
      missing: this.gaps.list(),
      replay: this.#replay.progress,
    };
  }

  #counted(): Counts {
    const { log, metrics: made } = this.#host;
    const series = new Map<number, { observe(value: number): void }>();
    const timed = (status: number, ms: number) => {
      const labels = { subscription: this.name, status: String(status) };
      const known = series.get(status) ?? made.histogram(metrics.posts, labels);
      series.set(status, known);
      known.observe(ms / 1_000);
    };
    return new Counts(timed, (given, stored) => {
      log.warn({ given, stored }, "Leek took a batch and did not store all of it");
    });
  }

  #pipelineOf(
    source: Feed<Delivery<Arrival>>,
    health: Health,
    settled: (outcome: Outcome, arrival: Arrival, reason: unknown) => void,
  ): Pipeline<Arrival, Document> {
    const { batch } = this.#config;
    return new Pipeline<Arrival, Document>({
      source,
      transform: (arrival) => this.#transform(arrival),
      batch: { items: batch.items, bytes: batch.size, window: batch.window },
      sink: this.#target.sink,
      rejected: this.#aside,
      // One batch after the other keeps the order of each task; the sink posts the documents of one side by side.
      workers: 1,
      // Nothing is given up because somebody is away.
      retries: Number.POSITIVE_INFINITY,
      health,
      backoff: this.#backoff,
      settled,
    });
  }

  #transform(arrival: Arrival): Document | undefined {
    if (isUnreadable(arrival)) throw arrival.problem;
    const { event, redelivered } = arrival;
    this.gaps.see(event);
    this.#enabler?.see(event);
    if (redelivered && this.#recent.has(event)) {
      this.counts.suppressed++;
      return undefined;
    }
    return documentOf(event, this.#target.env, Date.now());
  }

  #settled(outcome: Outcome, arrival: Arrival, reason: unknown): void {
    if (outcome === "done") {
      if (this.#config.from.amqp && !isUnreadable(arrival)) this.#recent.add(arrival.event);
    } else if (outcome === "reject") {
      this.counts.rejected++;
      this.counts.lastProblem = { at: new Date().toISOString(), message: messageOf(reason) };
    }
  }

  #again(lines: Feed<Delivery<string>>, progress: ReplayProgress, life: Life): Promise<void> {
    const source = exploded(lines, (text) => {
      const arrivals = arrivalsOf(
        text,
        readingOf(this.#config, () => {}),
      );
      if (arrivals.length > 0) return arrivals;
      progress.unreadable++;
      this.#host.log.warn({ line: text.slice(0, 200) }, "a line to replay holds no event");
      return [];
    });
    // Its source is a file of ours; what becomes of that says nothing about the line's own.
    const pipeline = this.#pipelineOf(source, new Health(), (outcome) => {
      if (outcome === "done") progress.delivered++;
      else progress.rejected++;
    });
    return pipeline.run(life);
  }

  /** Looks before the first event comes whether Leek would take it, so that the trouble is seen in time. */
  async #greet(life: Life): Promise<void> {
    const part = this.#host.health.part("sink");
    for (let failures = 0; !life.stop.aborted && part.state !== "up"; failures++) {
      try {
        await this.#target.greet(life.stop);
        part.up();
      } catch (error) {
        if (life.stop.aborted) return;
        if (!isTrouble(error)) throw error;
        const wait = error.retryAfter ?? this.#backoff(failures);
        part.down(error, Date.now() + wait);
        await sleep(wait, life.stop);
      }
    }
  }
}

/** Runs something that is killed soon after it was told to stop. */
async function inTime(life: Life, run: (life: Life) => Promise<void>): Promise<void> {
  const short = new Lifetime();
  let timer: NodeJS.Timeout | undefined;
  const forgetStop = onAbort(life.stop, () => {
    short.ringStop("stopped");
    timer = later(FLUSH, () => short.ringKill("stopped"));
  });
  const forgetKill = onAbort(life.kill, () => short.ringKill("stopped"));
  try {
    await run(short);
  } finally {
    clearTimeout(timer);
    forgetStop();
    forgetKill();
  }
}

import type { Host } from "../../core/agent.ts";
import type { PublishedChunk } from "../../wire/redis/pubsub.ts";
import { countedEvents } from "./essence.ts";
import { type DropReason, dropReasons } from "./event.ts";
import { metrics } from "./metrics.ts";
import type { PostCounts } from "./post-counts.ts";

/** Counts what one subscription does, in plain numbers: they are read when somebody asks. */
export class Counts implements PostCounts {
  readonly dropped = Object.fromEntries(dropReasons.map((reason) => [reason, 0])) as Record<
    DropReason,
    number
  >;
  messages = 0;
  events = 0;
  documents = 0;
  postedEvents = 0;
  suppressed = 0;
  possibleDuplicates = 0;
  rejected = 0;
  bare = 0;
  unstored = 0;
  lost = 0;
  links = 0;
  /** Events that the full spool let go, by whether they said how a task ended. */
  readonly spoolLost = { ended: 0, other: 0 };
  /** Messages in RabbitMQ's queue, when it was asked last. */
  depth: number | undefined;
  lastProblem: { readonly at: string; readonly message: string } | undefined;
  readonly #timed: (status: number, ms: number) => void;
  readonly #fell: (given: number, stored: number) => void;

  /**
   * @param timed told how long a post took
   * @param fell told when Leek stored fewer documents than it took
   */
  constructor(
    timed: (status: number, ms: number) => void = () => {},
    fell: (given: number, stored: number) => void = () => {},
  ) {
    this.#timed = timed;
    this.#fell = fell;
  }

  answered(status: number, ms: number): void {
    this.#timed(status, ms);
  }

  posted(documents: number, events: number): void {
    this.documents += documents;
    this.postedEvents += events;
  }

  unclear(documents: number): void {
    this.possibleDuplicates += documents;
  }

  short(given: number, stored: number): void {
    this.unstored += given - stored;
    this.#fell(given, stored);
  }

  stripped(): void {
    this.bare++;
  }

  /** @param kept what stays of it */
  letGo(chunk: PublishedChunk, kept: PublishedChunk | undefined): void {
    const [before, after] = [countedEvents(chunk), countedEvents(kept)];
    this.spoolLost.ended += before.ended - after.ended;
    this.spoolLost.other += before.other - after.other;
  }

  reject(message: string): void {
    this.rejected++;
    this.lastProblem = { at: new Date().toISOString(), message };
  }

  inspect(): object {
    return {
      messages: this.messages,
      events: this.events,
      posted_events: this.postedEvents,
      posted_documents: this.documents,
      dropped: this.dropped,
      rejected: this.rejected,
      duplicates: { suppressed: this.suppressed, possible: this.possibleDuplicates },
      unstored: this.unstored,
      stripped: this.bare,
      lost: this.lost,
      spool_lost: this.spoolLost,
      links: this.links,
      ...(this.depth !== undefined && { queue_messages: this.depth }),
      ...(this.lastProblem && { last_problem: this.lastProblem }),
    };
  }
}

/** The counts of a subscription; how long its posts took is measured, and what was not stored is told. */
export function countsOf(subscription: string, { log, metrics: made }: Host): Counts {
  const series = new Map<number, { observe(value: number): void }>();
  const timed = (status: number, ms: number) => {
    const known =
      series.get(status) ?? made.histogram(metrics.posts, { subscription, status: String(status) });
    series.set(status, known);
    known.observe(ms / 1_000);
  };
  return new Counts(timed, (given, stored) => {
    log.warn({ given, stored }, "Leek took a batch and did not store all of it");
  });
}

import { randomUUID } from "node:crypto";
import { Bell } from "../../core/bell.ts";
import type { Delivery } from "../../core/delivery.ts";
import type { Feed, Link } from "../../core/feed.ts";
import { onAbort, settlesWithin, sleep, unless, Within } from "../../core/life.ts";
import { LinkProblem, type Problem } from "../../core/problems.ts";
import type { RedisBroker } from "./broker-url.ts";
import { type Dialled, dial, redisProblem } from "./dial.ts";

/** A message as it was published. */
export interface Published {
  readonly channel: string;
  readonly payload: string;
}

/** Messages that arrived one after the other. It is plain JSON, so that it can be spooled. */
export interface PublishedChunk {
  /** Tells apart what several processes, one after the other, have numbered. */
  readonly run: string;
  /** The number of the first message; numbers have no gaps, so a gap between chunks is a loss in between. */
  readonly first: number;
  readonly messages: readonly Published[];
}

export interface RedisPubSubOptions {
  readonly broker: RedisBroker;
  /** Patterns of channels, as `PSUBSCRIBE` has them. */
  readonly patterns: readonly string[];
  /** Whether a message is taken at all. Default: every one. */
  readonly accepts?: (message: Published) => boolean;
  /** At most so many bytes wait for whoever takes them; beyond, the oldest go. Default 64 MiB. */
  readonly most?: number;
  /** How often to ask whether anybody is there, in milliseconds. Default 10,000. */
  readonly heartbeat?: number;
}

/** A chunk is closed at so many messages, or so many bytes. */
const CHUNK = { messages: 500, bytes: 256 * 1024 };

/**
 * What is published on Redis, as a source of work, in chunks. Redis keeps nothing for a subscriber that is away or
 * slow, so this one reads on whatever happens and never waits for its taker; settling means nothing to it. Put a spool
 * behind it.
 */
export class RedisPubSub implements Feed<Delivery<PublishedChunk>> {
  readonly #options: RedisPubSubOptions;
  readonly #run = randomUUID();
  #next = 0;

  constructor(options: RedisPubSubOptions) {
    this.#options = options;
  }

  async *open(link: Link<Delivery<PublishedChunk>>): AsyncGenerator<Delivery<PublishedChunk>> {
    const { signal } = link;
    if (signal.aborted) return;
    const { broker, patterns, most = 64 * 2 ** 20 } = this.#options;
    const dialled = await unless(signal, dial(broker, signal, false));
    if (!dialled) return;
    const intake = new Intake(most, () => this.#next++);
    const within = new Within(signal);
    const forget = onAbort(signal, () => intake.news.ring());
    let trouble: Problem | undefined;
    const broke = (problem: Problem) => {
      trouble ??= problem;
      intake.news.ring();
    };
    void dialled.broken.then(broke);
    try {
      await unless(
        signal,
        this.#subscribe(dialled, patterns, (message) => intake.put(message)),
      );
      if (signal.aborted) return;
      link.up();
      void this.#watch(dialled, link, within.signal).then((problem) => problem && broke(problem));
      while (!signal.aborted) {
        const chunk = intake.take();
        if (chunk) yield deliveryOf({ run: this.#run, ...chunk });
        else if (trouble) throw trouble;
        else await intake.news.rung();
      }
    } finally {
      forget();
      within.end();
      dialled.close();
    }
  }

  async probe(signal: AbortSignal): Promise<void> {
    const dialled = await dial(this.#options.broker, signal, false);
    try {
      await dialled.client.sendCommand(["PING"]);
    } catch (error) {
      throw redisProblem(error, dialled.where);
    } finally {
      dialled.close();
    }
  }

  async #subscribe(
    { client, where }: Dialled,
    patterns: readonly string[],
    put: (message: Published) => void,
  ): Promise<void> {
    const { accepts } = this.#options;
    const heard = (payload: string, channel: string) => {
      const message = { channel, payload };
      if (!accepts || accepts(message)) put(message);
    };
    try {
      await client.pSubscribe([...patterns], heard);
    } catch (error) {
      throw redisProblem(error, where);
    }
  }

  /** Asks now and then whether anybody is there: a connection that died unseen says nothing, like one without news. */
  async #watch(
    { client, where }: Dialled,
    link: Link<unknown>,
    signal: AbortSignal,
  ): Promise<Problem | undefined> {
    const { heartbeat = 10_000 } = this.#options;
    while (!signal.aborted) {
      await sleep(heartbeat, signal);
      if (signal.aborted) return undefined;
      const asked = client.ping();
      asked.catch(() => {});
      if (!(await settlesWithin(heartbeat, asked))) {
        return new LinkProblem("timed_out", `${where} gave no sign of life for ${heartbeat} ms`);
      }
      link.up();
    }
    return undefined;
  }
}

interface Pending {
  readonly first: number;
  readonly messages: Published[];
  bytes: number;
}

/** What arrived and was not taken yet. */
class Intake {
  readonly news = new Bell();
  readonly #most: number;
  readonly #number: () => number;
  #chunks: Pending[] = [];
  #bytes = 0;

  constructor(most: number, number: () => number) {
    this.#most = most;
    this.#number = number;
  }

  put(message: Published): void {
    const number = this.#number();
    const last = this.#chunks.at(-1);
    const full = !last || last.messages.length >= CHUNK.messages || last.bytes >= CHUNK.bytes;
    const chunk = full ? { first: number, messages: [], bytes: 0 } : last;
    if (full) this.#chunks.push(chunk);
    chunk.messages.push(message);
    chunk.bytes += message.payload.length;
    this.#bytes += message.payload.length;
    // Letting the oldest go shows as a gap in the numbers.
    while (this.#bytes > this.#most && this.#chunks.length > 1) this.take();
    this.news.ring();
  }

  take(): Pick<PublishedChunk, "first" | "messages"> | undefined {
    const chunk = this.#chunks.shift();
    if (!chunk) return undefined;
    this.#bytes -= chunk.bytes;
    return { first: chunk.first, messages: chunk.messages };
  }
}

function deliveryOf(chunk: PublishedChunk): Delivery<PublishedChunk> {
  const bytes = chunk.messages.reduce((sum, { payload }) => sum + payload.length, 0);
  return { value: chunk, bytes, settle: () => {} };
}

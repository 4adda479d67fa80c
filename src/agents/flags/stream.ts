import { Bell } from "../../core/bell.ts";
import type { Feed, Link } from "../../core/feed.ts";
import type { Part } from "../../core/health.ts";
import { Within } from "../../core/life.ts";
import { DeniedProblem, LinkProblem, type Problem, RejectedProblem } from "../../core/problems.ts";
import type { Way } from "../../wire/way.ts";
import { type Closed, openWebSocket, type WebSocketConversation } from "../../wire/websocket.ts";
import type { News } from "./dataset.ts";
import type { Dialect } from "./dialect.ts";
import type { DataSet } from "./model.ts";
import { type Pace, Session } from "./session.ts";

export interface StreamOptions {
  /** `ws://` or `wss://`, without a slash at the end. */
  readonly url: string;
  /** How it is reached. Default: straight. */
  readonly way?: Way;
  readonly dialect: Dialect;
  /** What is held now. */
  held(): DataSet;
  /** The health of what arrives, besides that of the link. */
  readonly part: Part;
  /** How often everything is asked for, in milliseconds; 0 is never. */
  readonly resync: number;
  readonly pace: Pace;
  /** Asked before each opening; throws a Problem if it must not be. */
  permit?(signal: AbortSignal): Promise<void>;
  /** What is told about ourselves, right after opening and then at a pace. */
  status?(): object;
}

/** The server closes with it what it will not take back soon: an unknown key, or nothing in its scope. */
const REFUSED = 4003;
/** Who was refused comes back after this, with as much again at random, in milliseconds. */
const REFUSED_WAIT = 60_000;
const REFUSED_SPREAD = 240_000;
/** How long to wait before the scope is followed once more, in milliseconds. */
const RESCOPE = 60_000;

/** The stream of a FeatBit server, whatever it is spoken to as. It always comes back, whichever code it was closed with. */
export class StreamFeed implements Feed<News> {
  readonly #options: StreamOptions;
  readonly #bell = new Bell();
  #session: Session | undefined;
  #lastFull = Number.NEGATIVE_INFINITY;
  #lastRescope = Number.NEGATIVE_INFINITY;
  /** The environments that the server tells live changes of: those of the moment when the stream was opened. */
  #scope: string | undefined;

  constructor(options: StreamOptions) {
    this.#options = options;
  }

  /** Everything anew, soon. @returns a promise that resolves when it is there; undefined while there is no stream */
  refresh(): Promise<void> | undefined {
    return this.#session?.refresh();
  }

  /** Tries again at once, where it would wait: something is different now. */
  hurry(): void {
    this.#bell.ring();
  }

  hurried(signal: AbortSignal): Promise<void> {
    return this.#bell.rung(signal);
  }

  async *open(link: Link<News>): AsyncGenerator<News> {
    const { permit, dialect, resync } = this.#options;
    if (link.signal.aborted) return;
    await permit?.(link.signal);
    const conversation = await this.#connect(link.signal);
    const due = resync > 0 && performance.now() - this.#lastFull >= resync;
    const session = new Session(conversation, { ...this.#options, full: due || this.#lastFull < 0 });
    this.#session = session;
    this.#scope = undefined;
    try {
      session.begin();
      for (
        let text = await conversation.next(link.signal);
        text !== undefined;
        text = await conversation.next(link.signal)
      ) {
        link.up();
        const news = this.#read(session, text, dialect);
        if (!news) continue;
        yield news;
        session.taken(news);
        if (this.#isOutOfScope(news)) return;
      }
      if (conversation.closed && !link.signal.aborted)
        throw closedProblem(conversation.closed, this.#options.url);
    } finally {
      this.#session = undefined;
      session.end();
      await conversation.end();
    }
  }

  /** Opens the stream and lets go again. */
  async probe(signal: AbortSignal): Promise<void> {
    const within = new Within(signal);
    try {
      const conversation = await this.#connect(within.signal);
      // Whom it refuses it lets in first.
      const patience = new Within(signal, PROBE);
      await conversation.next(patience.signal);
      patience.release();
      const { closed } = conversation;
      await conversation.end();
      if (closed) throw closedProblem(closed, this.#options.url);
    } finally {
      within.end();
    }
  }

  #connect(signal: AbortSignal): Promise<WebSocketConversation> {
    const { url, dialect, way } = this.#options;
    return openWebSocket(`${url}/streaming?${dialect.query()}`, { signal, name: `${url}/streaming`, way });
  }

  #read(session: Session, text: string, dialect: Dialect): News | undefined {
    const data = session.heard(text);
    if (!data) return undefined;
    try {
      const news = dialect.read(data);
      this.#options.part.up();
      if (news.kind !== "patch") this.#lastFull = performance.now();
      else if (this.#isUnknown(news)) void session.refresh();
      return news;
    } catch (error) {
      if (!(error instanceof RejectedProblem)) throw error;
      this.#options.part.down(error);
      void session.refresh();
      return undefined;
    }
  }

  #isUnknown({ environments }: News): boolean {
    const known = new Set(this.#options.held().environments.map(({ envId }) => envId));
    return environments.some(({ envId }) => !known.has(envId));
  }

  /** What was added to our scope since the stream was opened is not followed live, before it is opened anew. */
  #isOutOfScope({ kind, environments }: News): boolean {
    if (kind !== "full") return false;
    const scope = environments
      .map(({ envId }) => envId)
      .toSorted()
      .join();
    const moved = this.#scope !== undefined && scope !== this.#scope;
    this.#scope ??= scope;
    if (!moved || performance.now() - this.#lastRescope < RESCOPE) return false;
    this.#lastRescope = performance.now();
    this.#bell.ring();
    return true;
  }
}

/** How long a probe waits for a refusal, in milliseconds. */
const PROBE = 500;

function closedProblem({ code, reason }: Closed, url: string): Problem {
  const message = `${url} closed the stream with ${code}${reason === "" ? "" : ` (${reason})`}`;
  if (code === REFUSED) {
    return new DeniedProblem("credentials_refused", message, {
      remedy: "Check the key, and that the relay proxy's scope has an environment with a server secret.",
      retryAfter: REFUSED_WAIT + Math.random() * REFUSED_SPREAD,
    });
  }
  if (code === 1011) return new LinkProblem("server_failed", message);
  return new LinkProblem("connect_failed", message);
}

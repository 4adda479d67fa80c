import { LinkProblem } from "../../core/problems.ts";
import type { WebSocketConversation } from "../../wire/websocket.ts";
import type { News } from "./dataset.ts";
import type { Dialect } from "./dialect.ts";
import type { DataSet } from "./model.ts";

/** How often what is said and how long silence is borne, in milliseconds. */
export interface Pace {
  readonly ping: number;
  /** A stream that says nothing for so long is given up. */
  readonly silence: number;
  /** An answer to a question that takes longer gives the stream up. */
  readonly answer: number;
  readonly status: number;
  /** Everything is asked for at most so often, however many want it. */
  readonly refresh: number;
}

export const usualPace: Pace = {
  ping: 15_000,
  silence: 35_000,
  answer: 60_000,
  status: 60_000,
  refresh: 10_000,
};

export interface SessionOptions {
  readonly url: string;
  readonly dialect: Dialect;
  held(): DataSet;
  readonly resync: number;
  readonly pace: Pace;
  status?(): object;
  /** Whether the first question is for everything. */
  readonly full: boolean;
}

/** One opening of a stream: who asks what and when, and when to give up. */
export class Session {
  readonly #conversation: WebSocketConversation;
  readonly #options: SessionOptions;
  readonly #timers: NodeJS.Timeout[] = [];
  #answer: NodeJS.Timeout | undefined;
  #again: NodeJS.Timeout | undefined;
  #heard = performance.now();
  /** When somebody last wanted everything out of turn. */
  #refreshed = Number.NEGATIVE_INFINITY;
  #waiting: (() => void)[] = [];

  constructor(conversation: WebSocketConversation, options: SessionOptions) {
    this.#conversation = conversation;
    this.#options = options;
  }

  begin(): void {
    const { pace, full, resync, status } = this.#options;
    this.#ask(full);
    this.#every(pace.ping, () => this.#ping());
    if (status) {
      this.#tellStatus();
      this.#every(pace.status, () => this.#tellStatus());
    }
    // A crowd of agents spreads.
    if (resync > 0) this.#every(resync * (0.8 + Math.random() * 0.4), () => this.#ask(true));
  }

  /** Asks for everything, now or as soon as it is due again. Resolves when it was taken, or the stream is over. */
  refresh(): Promise<void> {
    const due = this.#refreshed + this.#options.pace.refresh - performance.now();
    if (due <= 0) this.#refresh();
    else this.#again ??= setTimeout(() => this.#refresh(), due);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Reads a message. @returns the data of a `data-sync`; everything else only shows that somebody is there */
  heard(text: string): Readonly<Record<string, unknown>> | undefined {
    this.#heard = performance.now();
    const message = parsed(text);
    if (message?.messageType !== "data-sync") return undefined;
    clearTimeout(this.#answer);
    this.#answer = undefined;
    const { data } = message;
    return data !== null && typeof data === "object" ? (data as Record<string, unknown>) : {};
  }

  /** News was taken: it is served now. */
  taken({ kind }: News): void {
    if (kind === "patch") return;
    for (const resolve of this.#waiting.splice(0)) resolve();
    this.#tellStatus();
  }

  end(): void {
    for (const timer of this.#timers) clearInterval(timer);
    clearTimeout(this.#answer);
    clearTimeout(this.#again);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #refresh(): void {
    this.#refreshed = performance.now();
    this.#ask(true);
  }

  #ask(full: boolean): void {
    const { dialect, held, pace } = this.#options;
    const question = dialect.question(held(), full);
    clearTimeout(this.#again);
    this.#again = undefined;
    this.#say("data-sync", question);
    this.#answer ??= setTimeout(() => this.#giveUp("did not answer", pace.answer), pace.answer);
  }

  #ping(): void {
    const { silence } = this.#options.pace;
    if (performance.now() - this.#heard > silence) this.#giveUp("was silent", silence);
    else this.#say("ping", {});
  }

  #tellStatus(): void {
    const status = this.#options.status?.();
    if (status) this.#say("rp-agent-status", status);
  }

  #giveUp(what: string, ms: number): void {
    const message = `${this.#options.url} ${what} for ${ms} ms`;
    this.#conversation.breakOff(new LinkProblem("timed_out", message));
  }

  #say(messageType: string, data: object): void {
    this.#conversation.send(JSON.stringify({ messageType, data }));
  }

  #every(ms: number, act: () => void): void {
    this.#timers.push(setInterval(act, Math.min(ms, 2 ** 31 - 1)));
  }
}

function parsed(text: string): { messageType?: unknown; data?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === "object" ? value : undefined;
  } catch {
    return undefined;
  }
}

import { isTooDeep } from "../../core/nesting.ts";
import type { WebSocketLine, WebSocketListener } from "../../wire/websocket-server.ts";
import type { Channel, Subscriber } from "./channel.ts";
import type { EnvironmentSecret } from "./model.ts";
import { Message } from "./payload.ts";
import { readUser, type User } from "./user.ts";

export interface SdkConnectionOptions {
  readonly line: WebSocketLine;
  readonly type: "server" | "client";
  /** More bytes than these may not wait, besides what is shared by all. */
  readonly buffered: number;
  /** Told once, with a reason that is one of few. */
  gone(connection: SdkConnection): void;
  odd(connection: SdkConnection, what: string): void;
}

/** So much of what an SDK says is kept until it is known whether it is let in. */
const MOST_HELD = 8;

const PONG = new Message('{"messageType":"pong","data":{}}');

/** One SDK over a WebSocket. */
export class SdkConnection implements Subscriber, WebSocketListener {
  readonly type: "server" | "client";
  readonly line: WebSocketLine;
  readonly since = performance.now();
  readonly #options: SdkConnectionOptions;
  #channel: Channel | undefined;
  #held: string[] | undefined = [];
  #odd = false;
  /** Bytes of shared messages among those that wait. */
  #shared = 0;
  secret: EnvironmentSecret | undefined;
  user: User | undefined;
  at = 0;
  congested = false;
  /** A number around 1, to spread what is done to many. */
  readonly patience = 0.9 + Math.random() * 0.2;
  #taken = 0;
  #takenAt = 0;

  constructor(options: SdkConnectionOptions) {
    this.type = options.type;
    this.line = options.line;
    this.#options = options;
  }

  /** It is let in; what it said meanwhile is answered. */
  join(channel: Channel, secret: EnvironmentSecret): void {
    this.#channel = channel;
    this.secret = secret;
    this.at = channel.number;
    channel.subscribers.add(this);
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const text of held) this.received(text);
  }

  close(code: number, reason: string): void {
    this.#leave();
    this.line.close(code, reason);
  }

  received(text: string): void {
    if (this.#held) {
      if (this.#held.length < MOST_HELD) this.#held.push(text);
      return;
    }
    const message = readMessage(text);
    if (message && this.#channel) this.#answer(message, this.#channel);
  }

  drained(): void {
    this.congested = false;
    this.#shared = 0;
    this.#channel?.resume(this);
  }

  gone(): void {
    this.#leave();
    this.#options.gone(this);
  }

  tell({ frame }: Message, shared: boolean): void {
    if (this.line.waiting - this.#shared > this.#options.buffered) {
      this.line.terminate();
      return;
    }
    if (shared) this.#shared += frame.length;
    if (this.line.write(frame)) this.#shared = 0;
    else if (!this.congested) {
      this.congested = true;
      this.#taken = this.line.taken;
      this.#takenAt = performance.now();
    }
  }

  /** Whether the other side has read nothing for `ms` milliseconds, though something waits for it. */
  isStalled(ms: number, now: number): boolean {
    const { taken } = this.line;
    if (taken !== this.#taken) {
      this.#taken = taken;
      this.#takenAt = now;
    }
    return now - this.#takenAt > ms;
  }

  #answer({ type, data, text }: SdkMessage, channel: Channel): void {
    if (type === "ping") this.tell(PONG, true);
    else if (type === "echo") this.tell(new Message(echo(text)), false);
    else if (type === "data-sync") this.#sync(data, channel);
  }

  #sync(data: Readonly<Record<string, unknown>>, channel: Channel): void {
    const since = timestampOf(data["timestamp"]);
    if (this.type === "server") this.tell(channel.view.serverAnswer(since), true);
    else if (!this.#syncClient(data["user"], since, channel)) return;
    this.at = channel.number;
  }

  #syncClient(given: unknown, since: number, { view }: Channel): boolean {
    const user = readUser(given);
    if (!user) {
      if (!this.#odd) this.#options.odd(this, "a data-sync without a user's keyId");
      this.#odd = true;
      return false;
    }
    this.user = user;
    this.tell(view.clientAnswer(since === 0 ? "full" : "patch", user, view.flagsSince(since)), false);
    return true;
  }

  #leave(): void {
    this.#channel?.subscribers.delete(this);
    this.#channel = undefined;
    this.#held = [];
  }
}

interface SdkMessage {
  /** In lower case. */
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** @returns undefined for whatever is ignored: no JSON, none that can be written again, no type, no data */
function readMessage(text: string): SdkMessage | undefined {
  if (isTooDeep(text)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (value === null || typeof value !== "object") return undefined;
  const { messageType, data } = value as { messageType?: unknown; data?: unknown };
  if (typeof messageType !== "string" || data === undefined) return undefined;
  const fields = data !== null && typeof data === "object" ? (data as Record<string, unknown>) : {};
  return { type: messageType.toLowerCase(), data: fields, text };
}

function echo(text: string): string {
  const { data } = JSON.parse(text) as { data: unknown };
  return JSON.stringify({ messageType: "echo", data });
}

/** The time stamp of a question; what is no whole number counts as 0, which asks for everything. */
export function timestampOf(value: unknown): number {
  return Number.isSafeInteger(value) ? Math.max(0, value as number) : 0;
}

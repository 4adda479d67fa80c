import { once } from "node:events";
import { WebSocket } from "ws";
import { makeToken } from "../../src/agents/flags/token.ts";
import type { Tidy } from "./tidy.ts";
import { until } from "./until.ts";

export interface SdkMessage {
  readonly messageType: string;
  readonly data: {
    readonly eventType?: string;
    readonly userKeyId?: string;
    readonly featureFlags: readonly Record<string, unknown>[];
    readonly segments: readonly Record<string, unknown>[];
  };
}

/** A streaming SDK in its barest form: it says what it is told to, and keeps what it hears. */
export class SdkClient {
  readonly heard: SdkMessage[] = [];
  readonly ws: WebSocket;
  closed: { code: number; reason: string } | undefined;

  constructor(url: string) {
    this.ws = new WebSocket(url, { perMessageDeflate: false });
    this.ws.on("message", (text: Buffer) => this.heard.push(JSON.parse(text.toString()) as SdkMessage));
    this.ws.on("close", (code, reason) => {
      this.closed = { code, reason: reason.toString() };
    });
    this.ws.on("error", () => {});
  }

  /** Connects with a secret, as SDKs do. */
  static async open(
    tidy: Pick<Tidy, "later">,
    base: string,
    options: { secret: string; type?: "server" | "client" | string; token?: string; more?: string },
  ): Promise<SdkClient> {
    const { secret, type = "server", token = makeToken(secret), more = "" } = options;
    const client = new SdkClient(
      `${base.replace(/^http/, "ws")}/streaming?type=${type}&token=${token}${more}`,
    );
    tidy.later(() => client.ws.terminate());
    await Promise.race([once(client.ws, "open"), once(client.ws, "close")]);
    return client;
  }

  say(messageType: string, data?: unknown): void {
    this.ws.send(JSON.stringify({ messageType, data }));
  }

  /** Asks, and waits for the answer. */
  async sync(timestamp: unknown = 0, user?: unknown): Promise<SdkMessage> {
    const before = this.heard.length;
    this.say("data-sync", { timestamp, ...(user !== undefined && { user }) });
    return this.next("data-sync", before);
  }

  /** The first message of a type from the given one on. */
  next(messageType: string, from = this.heard.length): Promise<SdkMessage> {
    return until(`the SDK hears ${messageType}`, () =>
      this.heard.slice(from).find((message) => message.messageType === messageType),
    );
  }

  ended(): Promise<{ code: number; reason: string }> {
    return until("the SDK is sent away", () => this.closed, { within: 15_000 });
  }
}

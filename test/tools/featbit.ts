import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { readToken } from "../../src/agents/flags/token.ts";
import { versionOf } from "../../src/agents/flags/version.ts";
import type { Environment, Flag, Segment } from "./featbit-data.ts";
import { environments } from "./featbit-data.ts";
import type { Tidy } from "./tidy.ts";
import { until } from "./until.ts";

/** A request that the stand-in has seen. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
}

export interface SeenMessage {
  readonly messageType: string;
  readonly data: Record<string, unknown>;
}

/** What the stand-in answers; everything may be changed while it runs. */
export interface FeatbitState {
  environments: Environment[];
  /** Statuses that stand in for 200, by route: register, latest, insights. */
  statuses: Partial<Record<"register" | "latest" | "insights", number>>;
  /** Takes streams, or answers the upgrade with 503. */
  streams: boolean;
  /** Closes each stream with this code as soon as it is open. */
  closes?: number;
  /** What stands in for 200 where insights come with a secret. */
  insightsOf: Record<string, number>;
  /** Insights that are answered with 400, all of a request if one of it is. */
  refuses?: (body: unknown) => boolean;
  /** Takes what it hears, and says nothing. */
  mute: boolean;
}

/**
 * A FeatBit server as far as agents and event senders know it, after the recorded messages and the specification's
 * rules. The real one needs a database and a broker and is not packaged: this plays it.
 */
export class StandInFeatbit {
  readonly requests: SeenRequest[] = [];
  readonly messages: SeenMessage[] = [];
  readonly state: FeatbitState = {
    environments: environments(),
    statuses: {},
    insightsOf: {},
    streams: true,
    mute: false,
  };
  readonly key: string;
  readonly #secure: boolean;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  readonly streams = new Set<WebSocket>();
  /** Where it listens, also after it has gone. */
  port = 0;
  /** How many streams were opened. */
  opened = 0;
  /** How many of them were open at once, at most. */
  most = 0;

  private constructor(server: Server, key: string, secure: boolean) {
    this.#server = server;
    this.key = key;
    this.#secure = secure;
    server.on("request", (request, response) => void this.#answer(request, response));
    server.on("upgrade", (request, socket, head) => {
      if (!this.state.streams)
        return void socket.end("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
      this.#sockets.handleUpgrade(request, socket, head, (ws) => this.#met(ws, request));
    });
  }

  static async start(
    tidy: Tidy | undefined,
    options: { port?: number; key?: string; tls?: object } = {},
  ): Promise<StandInFeatbit> {
    const server = options.tls ? createSecureServer(options.tls) : createServer();
    const made = new StandInFeatbit(server, options.key ?? "rp-canary-key", options.tls !== undefined);
    await new Promise<void>((resolve, reject) => {
      server.on("error", reject).listen(options.port ?? 0, "127.0.0.1", resolve);
    });
    made.port = (server.address() as AddressInfo).port;
    tidy?.later(() => made.stop());
    return made;
  }

  get url(): string {
    return this.#secure ? `wss://localhost:${this.port}` : `ws://127.0.0.1:${this.port}`;
  }

  /** Goes away without a word. */
  async stop(): Promise<void> {
    for (const ws of this.streams) ws.terminate();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Closes every stream with a code; 1006 hangs up without a word. */
  close(code: number): void {
    for (const ws of this.streams) {
      if (code === 1006) ws.terminate();
      else ws.close(code, "by the test");
    }
  }

  /** A change as the server tells it: kept, and sent to every stream. */
  change(item: { flag?: Flag; segment?: Segment }): void {
    const { flag, segment } = item;
    const envId = (flag ?? segment)!.envId;
    this.state.environments = this.state.environments.map((each) => {
      if (each.envId !== envId) return each;
      const put = <T extends { id: string }>(list: readonly T[], one: T | undefined) =>
        one ? [...list.filter(({ id }) => id !== one.id), one] : list;
      return {
        ...each,
        featureFlags: put(each.featureFlags, flag),
        segments: put(each.segments, segment),
      };
    });
    this.say({
      eventType: "patch",
      featureFlags: flag ? [flag] : [],
      segments: segment ? [segment] : [],
    });
  }

  /** Takes a flag away, of which the server tells nobody. */
  remove(envId: string, key: string): void {
    this.edit(envId, (each) => ({
      ...each,
      featureFlags: each.featureFlags.filter((flag) => flag.key !== key),
    }));
  }

  edit(envId: string, edit: (environment: Environment) => Environment): void {
    this.state.environments = this.state.environments.map((each) =>
      each.envId === envId ? edit(each) : each,
    );
  }

  /** Says something on every stream, whatever it is. */
  say(data: object | string): void {
    const text = typeof data === "string" ? data : JSON.stringify({ messageType: "data-sync", data });
    for (const ws of this.streams) ws.send(text);
  }

  /** Waits for a message of a type, from the given one on. */
  heard(messageType: string, from = 0): Promise<SeenMessage> {
    return until(`the server hears ${messageType}`, () =>
      this.messages.slice(from).find((message) => message.messageType === messageType),
    );
  }

  #met(ws: WebSocket, request: IncomingMessage): void {
    const query = new URLSearchParams(request.url?.split("?")[1] ?? "");
    this.opened++;
    const { closes } = this.state;
    const isStranger = query.get("type") === "relay-proxy" && query.get("token") !== this.key;
    if (closes !== undefined || isStranger) {
      ws.close(closes ?? 4003, "invalid request, close by server");
      return;
    }
    this.streams.add(ws);
    this.most = Math.max(this.most, this.streams.size);
    ws.on("close", () => this.streams.delete(ws)).on("error", () => {});
    const secret = query.get("type") === "server" ? readToken(query.get("token") ?? "")?.secret : undefined;
    ws.on("message", (text: Buffer) => this.#heard(ws, JSON.parse(text.toString()) as SeenMessage, secret));
  }

  #heard(ws: WebSocket, message: SeenMessage, secret: string | undefined): void {
    this.messages.push(message);
    if (this.state.mute) return;
    if (message.messageType === "ping") ws.send('{"messageType":"pong","data":{}}');
    if (message.messageType !== "data-sync") return;
    const data = secret ? this.#forSdk(secret, message.data) : this.#forAgent(message.data);
    ws.send(JSON.stringify({ messageType: "data-sync", data }));
  }

  #forAgent({ timestamp, envs = [] }: { timestamp?: unknown; envs?: unknown }): object {
    if (!timestamp) return { eventType: "rp_full", items: this.state.environments };
    const since = new Map(
      (envs as { envId: string; timestamp: number }[]).map((each) => [each.envId, each.timestamp]),
    );
    const items = this.state.environments.map((each) => ({
      ...newer(each, since.get(each.envId) ?? 0),
      secrets: [],
    }));
    return { eventType: "rp_patch", items };
  }

  #forSdk(secret: string, { timestamp }: { timestamp?: unknown }): object {
    const since = Number(timestamp ?? 0);
    const environment = this.#environmentOf(secret);
    const { featureFlags, segments } = environment
      ? newer(environment, since)
      : { featureFlags: [], segments: [] };
    return { eventType: since === 0 ? "full" : "patch", featureFlags, segments };
  }

  #environmentOf(secret: string): Environment | undefined {
    return this.state.environments.find(({ secrets }) => secrets.some(({ value }) => value === secret));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const raw = Buffer.concat(chunks).toString();
    const path = (request.url ?? "").split("?")[0]!;
    const { method = "", headers } = request;
    this.requests.push({ method, path, headers, body: raw === "" ? undefined : JSON.parse(raw) });
    const { statuses } = this.state;
    const say = (status: number, text = "") => void response.writeHead(status).end(text);
    if (path === "/api/public/agent/register") {
      if (headers.authorization !== this.key) return say(401);
      return say(statuses.register ?? 200, (JSON.parse(raw) as string) ?? "");
    }
    if (path === "/api/public/insight/track")
      return say(
        this.state.refuses?.(JSON.parse(raw))
          ? 400
          : (this.state.insightsOf[headers.authorization ?? ""] ?? statuses.insights ?? 200),
      );
    if (path === "/api/public/sdk/server/latest-all") {
      if (statuses.latest) return say(statuses.latest);
      const environment = this.#environmentOf(headers.authorization ?? "");
      if (!environment) return say(401);
      const timestamp = Number(new URLSearchParams(request.url?.split("?")[1]).get("timestamp") ?? 0);
      const data = this.#forSdk(headers.authorization ?? "", { timestamp }) as { featureFlags: object[] };
      const isEmpty = timestamp > 0 && data.featureFlags.length === 0;
      return say(200, isEmpty ? "" : JSON.stringify({ messageType: "data-sync", data }));
    }
    say(404);
  }
}

function newer(environment: Environment, since: number): Environment {
  const isNewer = (item: Flag | Segment) => versionOf(item) > since;
  return {
    ...environment,
    featureFlags: environment.featureFlags.filter(isNewer),
    segments: environment.segments.filter(isNewer),
  };
}

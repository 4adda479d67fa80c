import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { setImmediate as breathe } from "node:timers/promises";
import { sleep } from "../../core/life.ts";
import { hangUp } from "../../wire/http-upgrade.ts";
import { Pulse, WebSocketDesk, type WebSocketLine } from "../../wire/websocket-server.ts";
import type { Admission, Admissions } from "./admission.ts";
import type { Config } from "./config.ts";
import { CLOSE_INVALID, type Hub } from "./hub.ts";
import { SdkConnection } from "./sdk-connection.ts";
import { queryOf, type Target } from "./target.ts";

/** Why a connection ended before it began, or was ended by us; labels of a metric. */
export type Turned =
  | "invalid"
  | "expired"
  | "origin"
  | "unknown"
  | "not_ready"
  | "limit"
  | "draining"
  | "stalled"
  | "recycled";

/** How each is told. Only what will not change by itself is said with 4003. */
const goodbyes: Readonly<Record<Turned, { readonly code: number; readonly reason: string }>> = {
  invalid: CLOSE_INVALID,
  expired: CLOSE_INVALID,
  origin: CLOSE_INVALID,
  unknown: CLOSE_INVALID,
  not_ready: { code: 1013, reason: "not ready, try again" },
  limit: { code: 1013, reason: "too many connections, try again" },
  draining: { code: 1001, reason: "going away" },
  stalled: { code: 1001, reason: "nothing is read" },
  recycled: { code: 1001, reason: "time to reconnect" },
};

export interface StreamingOptions {
  readonly hub: Hub;
  readonly admissions: Admissions;
  readonly limits: Config["limits"];
  /** Serves other agents; undefined for nobody. */
  readonly chain?: { welcome(line: WebSocketLine, token: string, gone: () => void): boolean } | undefined;
  turned(why: Turned): void;
  joined(connection: SdkConnection): void;
  odd(connection: SdkConnection, what: string): void;
  fell(error: unknown): void;
}

/** How often connections are looked at that stall or are old, in milliseconds. */
const SWEEP = 5_000;
/** Each connection adds so much to the time over which all are sent away, in milliseconds. */
const DRAIN_EACH = 10;

/** The door for SDKs that stream. */
export class Streaming {
  readonly #options: StreamingOptions;
  readonly #desk: WebSocketDesk;
  readonly #pulse = new Pulse({ every: 30_000, patience: 90_000 });
  #sweeper: NodeJS.Timeout | undefined;
  #draining = false;

  constructor(options: StreamingOptions) {
    this.#options = options;
    this.#desk = new WebSocketDesk({ largest: options.limits.message, fell: options.fell });
  }

  begin(): void {
    const { stalled } = this.#options.limits;
    this.#sweeper = setInterval(() => this.#sweep(), Math.min(SWEEP, stalled / 2));
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, target: Target): void {
    if (!/^\/streaming(?:\/|$)/.test(target.path)) {
      hangUp(socket, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      return;
    }
    // Refused only afterwards: browsers cannot see why an upgrade failed.
    this.#desk.welcome(request, socket, head, (line) =>
      this.#met(line, queryOf(target), request.headers.origin),
    );
  }

  /** Sends everybody away, spread over `ms` milliseconds at most, so that they do not all come back at once. */
  async drain(ms: number, kill: AbortSignal): Promise<void> {
    this.#draining = true;
    clearInterval(this.#sweeper);
    const { connections } = this.#options.hub;
    const all = [...connections];
    const pause = Math.min(ms, all.length * DRAIN_EACH) / Math.max(1, all.length);
    let due = performance.now();
    for (const connection of all) {
      if (kill.aborted) break;
      this.#turn(connection, "draining");
      due += pause;
      if (due - performance.now() > 5) await sleep(due - performance.now(), kill);
    }
    for (const end = performance.now() + GOODBYE; connections.size > 0 && performance.now() < end; ) {
      if (kill.aborted) break;
      await sleep(10, kill);
    }
    for (const { line } of connections) line.terminate();
    await breathe();
  }

  #met(line: WebSocketLine, query: ReadonlyMap<string, string>, origin: string | undefined): void {
    const { hub, chain, limits, odd } = this.#options;
    const type = query.get("type") ?? "";
    const token = query.get("token") ?? "";
    if (type === "relay-proxy" && !this.#draining) {
      const isIn = chain?.welcome(line, token, () => this.#pulse.remove(line));
      if (isIn) {
        this.#pulse.add(line);
        return;
      }
    }
    const connection = new SdkConnection({
      line,
      type: type === "client" ? "client" : "server",
      buffered: limits.buffered,
      gone: (gone) => {
        hub.connections.delete(gone);
        this.#pulse.remove(line);
      },
      odd,
    });
    hub.connections.add(connection);
    this.#pulse.add(line);
    line.listen(connection);
    const isKnown = (type === "server" || type === "client") && /^[12]?$/.test(query.get("version") ?? "");
    if (this.#draining) this.#turn(connection, "draining");
    else if (!isKnown) this.#turn(connection, "invalid");
    else if (limits.connections > 0 && hub.connections.size > limits.connections)
      this.#turn(connection, "limit");
    else this.#decide(connection, this.#options.admissions.byToken(token, type, origin));
  }

  #decide(connection: SdkConnection, admission: Admission | Promise<Admission>): void {
    if (admission instanceof Promise) void admission.then((decided) => this.#decide(connection, decided));
    else if (!this.#options.hub.connections.has(connection)) return;
    else if (this.#draining) this.#turn(connection, "draining");
    else if (admission.refused) this.#turn(connection, admission.refused);
    else this.#join(connection, admission);
  }

  #join(connection: SdkConnection, { secret }: Extract<Admission, { refused?: undefined }>): void {
    const { hub, limits, joined } = this.#options;
    const most = limits.connections_per_environment;
    const channel = hub.channel(secret.envId);
    if (!channel) this.#turn(connection, "not_ready");
    else if (most > 0 && channel.subscribers.size >= most) this.#turn(connection, "limit");
    else {
      connection.join(channel, secret);
      joined(connection);
    }
  }

  #turn(connection: SdkConnection, why: Turned): void {
    const { code, reason } = goodbyes[why];
    this.#options.turned(why);
    if (why === "stalled") connection.line.terminate();
    else connection.close(code, reason);
  }

  #sweep(): void {
    const { stalled, age } = this.#options.limits;
    const now = performance.now();
    for (const connection of this.#options.hub.connections) {
      if (connection.congested && connection.isStalled(stalled, now)) this.#turn(connection, "stalled");
      // Spread by when they came, and a tenth more or less.
      else if (age > 0 && now - connection.since > age * connection.patience)
        this.#turn(connection, "recycled");
    }
  }
}

/** How long SDKs may take to answer a goodbye, in milliseconds. */
const GOODBYE = 1_000;

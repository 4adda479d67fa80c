import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Dispatcher, Pool } from "undici";
import type { QuickRelay, QuickRequest } from "../core/doors.ts";
import { httpDate } from "./http-date.ts";
import { HttpRelayed } from "./http-relay.ts";
import { relayUpgrade } from "./http-upgrade.ts";
import { type ForwardOptions, type Incoming, requestHeaders } from "./proxy-headers.ts";
import { QuickHeaders } from "./quick-headers.ts";
import { QuickRelayed } from "./quick-relay.ts";
import { newPool } from "./undici.ts";
import { isCut, type Refusal, refusalOf } from "./upstream-failure.ts";

export interface HttpProxyOptions {
  /** Where requests go. */
  readonly url: string;
  /** How long the upstream may be silent, in milliseconds. */
  readonly timeout: number;
  /** How long connecting may take, in milliseconds. */
  readonly connectTimeout: number;
  readonly host: "keep" | "upstream";
  readonly trustForwarded: boolean;
}

/** Headers that are added to an upstream's answer. */
export type ExtraHeaders = Readonly<Record<string, string>>;

/** Hands requests on to an upstream over kept-alive connections, and streams both ways. */
export class HttpProxy {
  readonly #pool: Pool;
  readonly #url: URL;
  /** What stands before every path; empty for none. */
  readonly #base: string;
  readonly #quickHeaders: QuickHeaders;
  readonly #timeout: number;
  readonly #forward: ForwardOptions;
  /** Requests that the upstream did not answer. */
  failed = 0;

  constructor({ url, timeout, connectTimeout, host, trustForwarded }: HttpProxyOptions) {
    this.#url = new URL(url);
    this.#base = this.#url.pathname.replace(/\/$/, "");
    this.#timeout = timeout;
    this.#forward = { host: host === "upstream" ? this.#url.host : undefined, trustForwarded };
    this.#quickHeaders = new QuickHeaders(this.#forward);
    this.#pool = newPool(this.#url.origin, {
      connect: { timeout: connectTimeout },
      headersTimeout: timeout,
      bodyTimeout: timeout,
      keepAliveTimeout: 30_000,
      // More than one request under way on a connection hung after callers had gone (see the measurements).
      pipelining: 1,
      connections: 512,
    });
  }

  /** Hands a request on. Answers 502 or 504 with the reason if the upstream does not. */
  forward(request: IncomingMessage, response: ServerResponse, extra: ExtraHeaders = {}): void {
    const hasBody =
      request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined;
    const options: Dispatcher.DispatchOptions = {
      method: request.method as Dispatcher.HttpMethod,
      path: this.#path(request),
      headers: requestHeaders(incoming(request), this.#forward),
      body: hasBody ? request : null,
    };
    let mayRepeat = !hasBody && SAFE.has(options.method);
    const failed = (error: Error) => {
      if (!mayRepeat || !isCut(error)) return refuse(response, this.#refusal(error));
      mayRepeat = false;
      this.#pool.dispatch(options, relayed);
    };
    const relayed = new HttpRelayed({ response, extra, failed });
    this.#pool.dispatch(options, relayed);
  }

  /** Hands a plain request of the fast lane on. */
  relay({ method, target, headers, keepAlive }: QuickRequest): QuickRelay {
    return (client, done) => {
      const path = this.#base + target;
      const options = { method, path, headers: this.#quickHeaders.of(client, headers), body: null };
      let mayRepeat = true;
      const failed = (error: Error) => {
        if (!mayRepeat || !isCut(error)) return written(this.#refusal(error), keepAlive);
        mayRepeat = false;
        this.#pool.dispatch(options, relayed);
        return undefined;
      };
      const relayed = new QuickRelayed({ client, method, keepAlive, done, failed });
      this.#pool.dispatch(options, relayed);
      return () => relayed.abort();
    };
  }

  /** Hands an upgrade on: the sockets are joined once the upstream agrees. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    relayUpgrade(socket, head, {
      url: this.#url,
      method: request.method,
      path: this.#path(request),
      headers: requestHeaders(incoming(request), this.#forward),
      protocol: request.headers.upgrade ?? "",
      timeout: this.#timeout,
      failed: (error) => written(this.#refusal(error), false),
    });
  }

  /** Resolves when what is under way has ended. */
  close(): Promise<void> {
    return this.#pool.close();
  }

  destroy(): Promise<void> {
    return this.#pool.destroy();
  }

  #path({ url = "/" }: IncomingMessage): string {
    const path = url.startsWith("/") ? url : url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i, "");
    return this.#base + (path.startsWith("/") ? path : `/${path}`);
  }

  #refusal(error: Error): Refusal {
    this.failed++;
    return refusalOf(error, this.#url.origin);
  }
}

function refuse(response: ServerResponse, { status, phrase, text }: Refusal): void {
  // With its phrase, as the one that stands there may be the upstream's, and what made it fail.
  response.writeHead(status, phrase, { ...PLAIN, "content-length": Buffer.byteLength(text) });
  response.end(text);
}

/** As a whole response. */
function written({ status, phrase, text }: Refusal, keepAlive: boolean): string {
  const ours = { ...PLAIN, "content-length": Buffer.byteLength(text, "latin1"), date: httpDate() };
  const all = Object.entries(keepAlive ? ours : { ...ours, connection: "close" });
  return `HTTP/1.1 ${status} ${phrase}\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${text}`;
}

const PLAIN = { "content-type": "text/plain; charset=utf-8" };

function incoming({ url = "/", rawHeaders, socket }: IncomingMessage): Incoming {
  return { url, rawHeaders, remoteAddress: socket.remoteAddress };
}

/**
 * Methods that change nothing. An upstream may close a kept-alive connection at the very moment it is used, and such
 * a request may be sent once more.
 */
const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

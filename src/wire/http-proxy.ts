import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { type Dispatcher, errors, Pool } from "undici";
import { errnoOf, messageOf } from "../core/problems.ts";
import { relayUpgrade } from "./http-upgrade.ts";
import { type ForwardOptions, requestHeaders, responseHeaders } from "./proxy-headers.ts";

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
  readonly #timeout: number;
  readonly #forward: ForwardOptions;
  /** Requests that the upstream did not answer. */
  failed = 0;

  constructor({ url, timeout, connectTimeout, host, trustForwarded }: HttpProxyOptions) {
    this.#url = new URL(url);
    this.#timeout = timeout;
    this.#forward = { host: host === "upstream" ? this.#url.host : undefined, trustForwarded };
    this.#pool = new Pool(this.#url.origin, {
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
      headers: requestHeaders(request, this.#forward),
      body: hasBody ? request : null,
    };
    // An upstream may close a kept-alive connection at the very moment it is used; such a request may be sent again.
    const again = !hasBody && SAFE.has(options.method) ? () => dispatch() : undefined;
    const dispatch = (retry?: () => void) =>
      this.#pool.dispatch(options, this.#relay(response, extra, retry));
    dispatch(again);
  }

  /** Hands an upgrade on: the sockets are joined once the upstream agrees. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    relayUpgrade(socket, head, {
      url: this.#url,
      method: request.method,
      path: this.#path(request),
      headers: requestHeaders(request, this.#forward),
      protocol: request.headers.upgrade ?? "",
      timeout: this.#timeout,
      failed: (error) => {
        this.failed++;
        const status = isTimeout(error) ? "504 Gateway Timeout" : "502 Bad Gateway";
        return `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n${this.#reason(error)}\n`;
      },
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
    return this.#url.pathname.replace(/\/$/, "") + (path.startsWith("/") ? path : `/${path}`);
  }

  #relay(response: ServerResponse, extra: ExtraHeaders, again?: () => void): Dispatcher.DispatchHandler {
    let controller: Dispatcher.DispatchController | undefined;
    response.on("close", () => {
      if (!response.writableFinished) controller?.abort(new Error("the caller has gone"));
    });
    return {
      onRequestStart: (started) => {
        controller = started;
        if (response.destroyed) started.abort(new Error("the caller has gone"));
      },
      onResponseStart: ({ rawHeaders }, status, headers, phrase) => {
        // Informational answers are about this hop.
        if (status < 200) return;
        const raw = Array.isArray(rawHeaders) ? rawHeaders : flat(headers);
        const all = [...responseHeaders(raw), ...Object.entries(extra).flat()];
        if (phrase === undefined) response.writeHead(status, all);
        else response.writeHead(status, phrase, all);
      },
      onResponseData: (receiving, chunk) => {
        if (response.write(chunk)) return;
        receiving.pause();
        response.once("drain", () => receiving.resume());
      },
      onResponseEnd: () => response.end(),
      onResponseError: (_, error) => {
        if (again && !response.headersSent && !response.destroyed && isCut(error)) again();
        else this.#fail(response, error);
      },
    };
  }

  #fail(response: ServerResponse, error: Error): void {
    if (response.destroyed) return;
    this.failed++;
    // Half an answer cannot be taken back; cutting the connection tells the caller that it is only half.
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const text = `${this.#reason(error)}\n`;
    // With its phrase, as the one that stands there may be the upstream's, and what made it fail.
    const status = isTimeout(error) ? 504 : 502;
    response.writeHead(status, STATUS_CODES[status], {
      "content-type": "text/plain; charset=utf-8",
      "content-length": Buffer.byteLength(text),
    });
    response.end(text);
  }

  #reason(error: Error): string {
    const upstream = this.#url.origin;
    if (isTimeout(error)) return `the upstream ${upstream} did not answer in time`;
    return `the upstream ${upstream} cannot be reached: ${errnoOf(error) ?? messageOf(error)}`;
  }
}

/** Methods that change nothing, so that sending one twice does no harm. */
const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

function isCut(error: Error): boolean {
  return error instanceof errors.SocketError || ["ECONNRESET", "EPIPE"].includes(errnoOf(error) ?? "");
}

function isTimeout(error: Error): boolean {
  return (
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError ||
    error instanceof errors.ConnectTimeoutError
  );
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): string[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    [value ?? ""].flat().flatMap((each) => [name, each]),
  );
}

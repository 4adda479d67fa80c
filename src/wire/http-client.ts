import { errors } from "undici";
import { Within } from "../core/life.ts";
import { errnoOf, LinkProblem, messageOf, Problem } from "../core/problems.ts";
import { maskUrl } from "../core/secret.ts";
import { Collector, type HttpAnswer, isPacked, unpacked } from "./http-collector.ts";
import { type RouteOptions, Routes } from "./http-routes.ts";

export type { HttpAnswer } from "./http-collector.ts";

export interface HttpClientOptions extends RouteOptions {
  /** How long a whole exchange may take, in milliseconds. Default 30,000. 0: until the request's signal rings. */
  readonly timeout?: number;
  /** The largest body that is read, in bytes. Default 256 MiB. */
  readonly largest?: number;
  /** Whether redirects are followed; if not, they are answers like any other. Default true. */
  readonly follow?: boolean;
  /** Whether `Accept-Encoding: gzip` is sent, and packed answers are unpacked. Default false. */
  readonly unpack?: boolean;
}

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  /** Names are sent as given. A `Host` replaces that of the URL. Default: a User-Agent. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Sent with any method, GET included, with its length. */
  readonly body?: string | Uint8Array;
  readonly signal: AbortSignal;
}

const MOST_REDIRECTS = 5;

/** An HTTP client that speaks in problems: trouble on the way is thrown as what it means for the caller. */
export class HttpClient {
  readonly #routes: Routes;
  readonly #timeout: number;
  readonly #connectTimeout: number;
  readonly #largest: number;
  readonly #follows: boolean;
  readonly #unpacks: boolean;

  constructor(options: HttpClientOptions = {}) {
    const { connectTimeout = 5_000, timeout = 30_000, largest = 256 * 2 ** 20, follow = true } = options;
    this.#timeout = timeout;
    this.#connectTimeout = connectTimeout;
    this.#largest = largest;
    this.#follows = follow;
    this.#unpacks = options.unpack ?? false;
    this.#routes = new Routes({ ...options, connectTimeout });
  }

  /** Sends a request and reads the whole answer, whatever its status. Throws LinkProblem, or why the signal rang. */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const within = this.#timeout === 0 ? undefined : new Within(request.signal, this.#timeout);
    const signal = within?.signal ?? request.signal;
    try {
      const answer = await this.#exchange(request, signal);
      if (this.#follows && isRedirect(answer)) return await this.#follow(request, answer, signal);
      return this.#unpacks && isPacked(answer) ? await unpacked(answer, request.url, this.#largest) : answer;
    } catch (error) {
      throw this.#problem(error, request, signal.aborted);
    } finally {
      within?.release();
    }
  }

  close(): Promise<void> {
    return this.#routes.close();
  }

  #exchange(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const { method, url, body = null } = request;
      const { dispatcher, origin, path, headers } = this.#routes.to(url);
      const usual = this.#unpacks ? { ...UNPACKING, ...headers } : { ...PLAIN, ...headers };
      const collector = new Collector(url, signal, this.#largest, resolve, reject);
      // Without `reset: false` undici would close the connection after a GET with a body.
      const keep = body !== null && body.length > 0 && method !== "HEAD" ? { reset: false } : {};
      dispatcher.dispatch(
        { origin, path, method: method as "GET", headers: named(usual, request.headers), body, ...keep },
        collector,
      );
    });
  }

  async #follow(request: HttpRequest, answer: HttpAnswer, signal: AbortSignal): Promise<HttpAnswer> {
    let here = request;
    let found = answer;
    for (let left = MOST_REDIRECTS; isRedirect(found); left--) {
      here = { ...here, url: redirected(here, String(found.headers["location"]), found.status, left) };
      found = await this.#exchange(here, signal);
    }
    return this.#unpacks && isPacked(found) ? unpacked(found, here.url, this.#largest) : found;
  }

  #problem(error: unknown, request: HttpRequest, over: boolean): unknown {
    if (error instanceof Problem || request.signal.aborted) return error;
    const cause = { cause: error };
    if (error instanceof errors.ConnectTimeoutError) {
      const message = `${said(request)} could not connect within ${this.#connectTimeout} ms`;
      return new LinkProblem("timed_out", message, cause);
    }
    if (over)
      return new LinkProblem(
        "timed_out",
        `${said(request)} did not answer within ${this.#timeout} ms`,
        cause,
      );
    const message = `${said(request)} failed: ${errnoOf(error) ?? messageOf(error)}`;
    return new LinkProblem("connect_failed", message, cause);
  }
}

const PLAIN = { "user-agent": "outrider" };
const UNPACKING = { ...PLAIN, "accept-encoding": "gzip" };

/** The headers given, and the usual ones that are not among them in whatever spelling. */
function named(
  usual: Record<string, string>,
  given: HttpRequest["headers"],
): Record<string, string | string[]> {
  if (given === undefined) return usual;
  const headers: Record<string, string | string[]> = {};
  const names = Object.keys(given);
  for (const name in usual) {
    if (!names.some((own) => own.length === name.length && own.toLowerCase() === name))
      headers[name] = usual[name]!;
  }
  // The client only reads them.
  for (const name of names) headers[name] = given[name] as string | string[];
  return headers;
}

function isRedirect({ status, headers }: HttpAnswer): boolean {
  return status >= 300 && status <= 399 && typeof headers["location"] === "string";
}

/**
 * Where a redirect leads. That of a request without a body is followed within the same origin: credentials never go
 * elsewhere. Throws LinkProblem for any other.
 */
function redirected(request: HttpRequest, location: string, status: number, left: number): string {
  const from = new URL(request.url);
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  const bodiless = request.method === "GET" || request.method === "HEAD";
  if (left > 0 && to && bodiless && (to.origin === from.origin || isUpgrade(from, to))) return to.href;
  const message = `${said(request)} redirects (${status}) to ${maskUrl(location)}`;
  throw new LinkProblem("answer_unexpected", message, {
    remedy: "Configure the address that it redirects to.",
  });
}

/** From `http` to `https` on the same host; a server that listens for both often insists. */
function isUpgrade(from: URL, to: URL): boolean {
  return from.protocol === "http:" && to.protocol === "https:" && from.hostname === to.hostname;
}

function said(request: HttpRequest): string {
  return `${request.method} ${maskUrl(request.url)}`;
}

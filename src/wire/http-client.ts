import { Agent, type Dispatcher, errors } from "undici";
import { Within } from "../core/life.ts";
import {
  DeniedProblem,
  errnoOf,
  LinkProblem,
  messageOf,
  Problem,
  RejectedProblem,
} from "../core/problems.ts";
import { maskUrl } from "../core/secret.ts";

export interface HttpClientOptions {
  /** How long connecting may take, in milliseconds. Default 5,000. */
  readonly connectTimeout?: number;
  /** How long a whole exchange may take, in milliseconds. Default 30,000. */
  readonly timeout?: number;
  /** The largest body that is read, in bytes. Default 256 MiB. */
  readonly largest?: number;
  /** Whether redirects are followed; if not, they are answers like any other. Default true. */
  readonly follow?: boolean;
}

export interface HttpRequest {
  readonly method: Dispatcher.HttpMethod;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

const MOST_REDIRECTS = 5;

/** An HTTP client that speaks in problems: trouble on the way is thrown as what it means for the caller. */
export class HttpClient {
  readonly #agent: Agent;
  readonly #timeout: number;
  readonly #connectTimeout: number;
  readonly #largest: number;
  readonly #follows: boolean;

  constructor(options: HttpClientOptions = {}) {
    const { connectTimeout = 5_000, timeout = 30_000, largest = 256 * 2 ** 20, follow = true } = options;
    this.#timeout = timeout;
    this.#connectTimeout = connectTimeout;
    this.#largest = largest;
    this.#follows = follow;
    this.#agent = new Agent({
      connect: { timeout: connectTimeout },
      // The time for a whole exchange is kept by us; these would be less exact.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: 30_000,
      pipelining: 1,
    });
  }

  /** Sends a request and reads the whole answer, whatever its status. Throws LinkProblem. */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const within = new Within(request.signal, this.#timeout);
    try {
      return await this.#follow(request, within.signal, MOST_REDIRECTS);
    } catch (error) {
      throw this.#problem(error, request, within.signal.aborted);
    } finally {
      within.release();
    }
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  async #follow(request: HttpRequest, signal: AbortSignal, left: number): Promise<HttpAnswer> {
    const { method, url, headers, body } = request;
    const { origin, pathname, search } = new URL(url);
    const answer = await this.#agent.request({
      origin,
      path: pathname + search,
      method,
      headers: { "user-agent": "outrider", ...headers },
      body: body ?? null,
      signal,
    });
    const bytes = await this.#read(answer, url);
    const location = answer.headers["location"];
    const redirect = this.#follows && answer.statusCode >= 300 && answer.statusCode <= 399;
    if (!redirect || typeof location !== "string") {
      return { status: answer.statusCode, headers: answer.headers, body: bytes };
    }
    const next = this.#redirected(request, location, answer.statusCode, left);
    return this.#follow({ ...request, url: next }, signal, left - 1);
  }

  /** A redirect of a request without a body is followed within the same origin: credentials never go elsewhere. */
  #redirected(request: HttpRequest, location: string, status: number, left: number): string {
    const from = new URL(request.url);
    const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
    const bodiless = request.method === "GET" || request.method === "HEAD";
    if (left > 0 && to && bodiless && (to.origin === from.origin || isUpgrade(from, to))) return to.href;
    const message = `${said(request)} redirects (${status}) to ${maskUrl(location)}`;
    throw new LinkProblem("answer_unexpected", message, {
      remedy: "Configure the address that it redirects to.",
    });
  }

  async #read(answer: Dispatcher.ResponseData, url: string): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > this.#largest) {
        throw new LinkProblem("answer_too_large", `${maskUrl(url)} sent more than ${this.#largest} bytes`);
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
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

/** From `http` to `https` on the same host; a server that listens for both often insists. */
function isUpgrade(from: URL, to: URL): boolean {
  return from.protocol === "http:" && to.protocol === "https:" && from.hostname === to.hostname;
}

/** The JSON of an answer. Throws LinkProblem for what is none: a proxy's page in HTML, most of the time. */
export function jsonOf(answer: HttpAnswer, what: string): unknown {
  const text = answer.body.toString("utf8");
  try {
    return JSON.parse(text);
  } catch (cause) {
    const kind = /^\s*</.test(text) ? "HTML" : "something that is no JSON";
    throw new LinkProblem("answer_unexpected", `${what} answered ${answer.status} with ${kind}`, { cause });
  }
}

/**
 * What an HTTP status that means failure is to the one who asked. A kind may decide otherwise, with a reason.
 * @param told a few words of the answer's body
 */
export function statusProblem(status: number, what: string, told: string, retryAfter?: number): Problem {
  const message = `${what} answered ${status}${told === "" ? "" : `: ${told}`}`;
  if (status === 401 || status === 403) return new DeniedProblem("credentials_refused", message);
  if (status === 429 || status === 408 || status === 425 || status >= 500) {
    return new LinkProblem("server_failed", message, retryAfter === undefined ? {} : { retryAfter });
  }
  if (status >= 400) return new RejectedProblem("item_refused", message);
  return new LinkProblem("answer_unexpected", message);
}

/** `Retry-After` in milliseconds: a number of seconds, or a date. */
export function retryAfterOf(headers: HttpAnswer["headers"]): number | undefined {
  const value = headers["retry-after"];
  if (typeof value !== "string") return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

function said(request: HttpRequest): string {
  return `${request.method} ${maskUrl(request.url)}`;
}

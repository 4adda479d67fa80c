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
  readonly #largest: number;
  readonly #follows: boolean;

  constructor(options: HttpClientOptions = {}) {
    const { connectTimeout = 5_000, timeout = 30_000, largest = 256 * 2 ** 20, follow = true } = options;
    this.#timeout = timeout;
    this.#largest = largest;
    this.#follows = follow;
    this.#agent = new Agent({
      connect: { timeout: connectTimeout },
      headersTimeout: timeout,
      bodyTimeout: timeout,
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
      throw this.#problem(error, request);
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

  /** A redirect is followed for a GET, within the same host: credentials never go elsewhere. */
  #redirected(request: HttpRequest, location: string, status: number, left: number): string {
    const from = new URL(request.url);
    const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
    const safe =
      to && to.hostname === from.hostname && !(from.protocol === "https:" && to.protocol === "http:");
    if (left > 0 && safe && request.method === "GET") return to.href;
    throw new LinkProblem(
      "answer_unexpected",
      `${said(request)} redirects (${status}) to ${maskUrl(location)}`,
      {
        remedy: "Configure the address that it redirects to.",
      },
    );
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

  #problem(error: unknown, request: HttpRequest): unknown {
    if (error instanceof Problem || request.signal.aborted) return error;
    const timeout =
      error instanceof errors.HeadersTimeoutError ||
      error instanceof errors.BodyTimeoutError ||
      error instanceof errors.ConnectTimeoutError ||
      /ms are over$/.test(messageOf(error));
    const code = timeout ? "timed_out" : "connect_failed";
    const why = timeout
      ? `did not answer within ${this.#timeout} ms`
      : `failed: ${errnoOf(error) ?? messageOf(error)}`;
    return new LinkProblem(code, `${said(request)} ${why}`, { cause: error });
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

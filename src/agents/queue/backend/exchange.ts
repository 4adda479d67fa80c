import type { Headers } from "./headers.ts";

/** The HTTP request that goes out. */
export interface Outgoing {
  readonly method: string;
  /** Absolute. */
  readonly url: string;
  /** A `Host` header replaces the one of the URL. */
  readonly headers: Headers;
  readonly body: Buffer;
}

/** The HTTP response that came, before anybody judged it. */
export interface Incoming {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** One HTTP request and its response, whatever its status. Throws a Problem when there is none. */
export type Exchange = (request: Outgoing, signal: AbortSignal) => Promise<Incoming>;

/** What works on the real request and the raw response: Martian, credentials. */
export type ExchangeLayer = (next: Exchange) => Exchange;

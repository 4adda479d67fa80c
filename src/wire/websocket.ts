import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { type ClientOptions, WebSocket } from "ws";
import { Bell } from "../core/bell.ts";
import { onAbort } from "../core/life.ts";
import { errnoOf, LinkProblem, messageOf, type Problem } from "../core/problems.ts";
import { retryAfterOf, statusProblem } from "./http-answers.ts";
import { openTunnel } from "./tunnel.ts";
import type { Way } from "./way.ts";

export interface WebSocketOptions {
  readonly signal: AbortSignal;
  /** How the other side is called in messages: its address without a secret. */
  readonly name: string;
  /** How long connecting may take, in milliseconds. Default 10,000. */
  readonly connectTimeout?: number;
  /** The largest message that is taken, in bytes. Default 256 MiB. */
  readonly largest?: number;
  /** How the other side is reached. Default: straight, with the authorities that Node knows. */
  readonly way?: Way | undefined;
}

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** The client's end of one WebSocket. Only texts are spoken. */
export class WebSocketConversation {
  readonly #ws: WebSocket;
  readonly #bell = new Bell();
  readonly #texts: string[] = [];
  readonly #forget: () => void;
  #broken: Problem | undefined;
  /** How it ended; undefined while it lasts. */
  closed: Closed | undefined;

  constructor(ws: WebSocket, signal: AbortSignal) {
    this.#ws = ws;
    this.#forget = onAbort(signal, () => {
      this.close();
      this.#bell.ring();
    });
    ws.on("message", (data: Buffer) => {
      this.#texts.push(data.toString());
      this.#bell.ring();
    });
    ws.on("close", (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.#bell.ring();
    });
  }

  send(text: string): void {
    if (this.#ws.readyState === this.#ws.OPEN) this.#ws.send(text);
  }

  /** The next text; undefined once the conversation is over. Throws what it was broken off with. */
  async next(signal: AbortSignal): Promise<string | undefined> {
    while (!signal.aborted) {
      const text = this.#texts.shift();
      if (text !== undefined) return text;
      if (this.#broken) throw this.#broken;
      if (this.closed) return undefined;
      await this.#bell.rung(signal);
    }
    return undefined;
  }

  /** Ends it for a reason, which whoever waits for the next text is thrown. */
  breakOff(problem: Problem): void {
    this.#broken ??= problem;
    this.#ws.terminate();
    this.#bell.ring();
  }

  /** Says goodbye with 1000, and waits a moment for the answer, as nothing may be left behind. */
  close(): void {
    this.#ws.close(1000);
    const timer = setTimeout(() => this.#ws.terminate(), GOODBYE);
    this.#ws.once("close", () => clearTimeout(timer));
    if (this.#ws.readyState === this.#ws.CLOSED) clearTimeout(timer);
  }

  /** Resolves when the socket is gone. */
  async end(): Promise<void> {
    this.#forget();
    if (this.#ws.readyState === this.#ws.CLOSED) return;
    const gone = new Promise((resolve) => this.#ws.once("close", resolve));
    this.close();
    await gone;
  }
}

/** How long the other side may take to answer a goodbye, in milliseconds. */
const GOODBYE = 250;

/** Opens a WebSocket. Throws LinkProblem and DeniedProblem. */
export async function openWebSocket(url: string, options: WebSocketOptions): Promise<WebSocketConversation> {
  const { signal, name, connectTimeout = 10_000, largest = 256 * 2 ** 20, way } = options;
  const connection = await connectionBy(way, url, signal);
  const ws = new WebSocket(url, {
    ...connection,
    handshakeTimeout: connectTimeout,
    maxPayload: largest,
    perMessageDeflate: false,
    followRedirects: false,
  });
  // From the first moment: what is said right after the handshake must not be missed.
  const conversation = new WebSocketConversation(ws, signal);
  try {
    await opened(ws, name);
  } catch (error) {
    ws.on("error", () => {});
    await conversation.end();
    throw error;
  }
  ws.on("error", (error) =>
    conversation.breakOff(new LinkProblem("connect_failed", `${name} broke: ${messageOf(error)}`)),
  );
  return conversation;
}

/** What the library has to know of the way there. */
async function connectionBy(way: Way | undefined, url: string, signal: AbortSignal): Promise<ClientOptions> {
  const trust = ((await way?.tls()) ?? {}) as Pick<ConnectionOptions, "ca" | "cert" | "key">;
  const proxy = way?.proxyTo(url);
  if (!proxy) return trust;
  const target = new URL(url);
  const socket = await openTunnel(proxy, target, signal);
  if (target.protocol !== "wss:") return { createConnection: () => socket };
  const servername = isIP(target.hostname) === 0 ? { servername: target.hostname } : {};
  return { createConnection: () => connectTls({ ...servername, ...trust, socket }) };
}

function opened(ws: WebSocket, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    ws.once("open", resolve);
    ws.once("unexpected-response", (request, answer: IncomingMessage) => {
      answer.resume();
      const retryAfter = retryAfterOf(answer.headers);
      reject(upgradeRefused(answer.statusCode ?? 0, name, retryAfter));
      request.destroy();
    });
    ws.once("error", (error) => reject(failed(error, name)));
  });
}

/** Whatever is answered instead of an upgrade may be a proxy's doing and pass: nothing about it is final. */
function upgradeRefused(status: number, name: string, retryAfter: number | undefined): Problem {
  const problem = statusProblem(status, name, "", retryAfter);
  if (problem instanceof LinkProblem || problem.name === "DeniedProblem") return problem;
  return new LinkProblem("answer_unexpected", `${name} answered ${status} instead of opening a WebSocket`);
}

function failed(error: Error, name: string): LinkProblem {
  const late = /timed out|timeout/i.test(error.message);
  if (late) return new LinkProblem("timed_out", `${name} did not open a WebSocket in time`, { cause: error });
  return new LinkProblem("connect_failed", `${name} failed: ${errnoOf(error) ?? messageOf(error)}`, {
    cause: error,
  });
}

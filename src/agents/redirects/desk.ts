import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { HttpTenant, QuickRelay, QuickRequest } from "../../core/doors.ts";
import type { HttpProxy } from "../../wire/http-proxy.ts";
import { hangUp } from "../../wire/http-upgrade.ts";
import { type Answer, answerTo } from "./answer.ts";
import type { Decision } from "./decision.ts";
import { dialectAt, forwardAuth } from "./forward-auth.ts";
import type { Judge } from "./judge.ts";
import { isHost, readTarget } from "./request-uri.ts";
import { dated, type Rendered, render, rendered, send } from "./send.ts";

/** Takes requests in, and finds who answers: a rule, a page, the upstream, or nobody. */
export class Desk {
  readonly #judge: Judge;
  /** What is answered to a plain GET on a connection that stays. */
  readonly #rendered = new WeakMap<Decision, Rendered>();
  readonly #proxy: HttpProxy | undefined;

  constructor(judge: Judge, proxy: HttpProxy | undefined) {
    this.#judge = judge;
    this.#proxy = proxy;
  }

  get tenant(): HttpTenant {
    const { config } = this.#judge;
    return {
      ...(config.hosts && { hosts: config.hosts }),
      request: (request, response) => this.#request(request, response),
      upgrade: (request, socket, head) => this.#upgrade(request, socket, head),
      mend: (target) => readTarget(target)?.uri,
      // Debug headers and the proxy's question are rare, and not worth a second way.
      ...(!config.debug && !config.forward_auth && { quick: (request) => this.#quick(request) }),
    };
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const { method = "GET" } = request;
    const asked = askedOf(request);
    const told = asked && this.#told(request, asked);
    if (!asked) send(response, method, BAD_REQUEST);
    else if (told) send(response, method, told);
    else this.#serve(request, response, asked);
  }

  /** The answer to a proxy that asks what to do with a request. */
  #told({ headers }: IncomingMessage, { uri }: Asked): Answer | undefined {
    const dialect = dialectAt(uri, this.#judge.config.forward_auth?.path);
    return dialect && forwardAuth(this.#judge, dialect, headers);
  }

  #serve(request: IncomingMessage, response: ServerResponse, asked: Asked): void {
    const { answer, extra } = this.#answer(request, asked);
    if (!answer && this.#proxy) this.#proxy.forward(request, response, extra);
    else send(response, request.method ?? "GET", answer ?? { ...NOT_FOUND, headers: { ...extra, ...PLAIN } });
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const asked = askedOf(request);
    // A proxy asks about a WebSocket with the headers of a WebSocket.
    const answer = asked ? (this.#told(request, asked) ?? this.#answer(request, asked).answer) : BAD_REQUEST;
    if (answer || !this.#proxy) hangUp(socket, rendered(answer ?? NOT_FOUND, false));
    else this.#proxy.upgrade(request, socket, head);
  }

  /** The answer, if it is ours, and headers for whatever is answered. */
  #answer(request: IncomingMessage, { host, uri }: Asked): { answer: Answer | undefined; extra: Headers } {
    const decision = this.#judge.decide(host, uri);
    const extra = this.#judge.debug(host, uri, decision);
    if (!decision) return { answer: undefined, extra };
    const cacheControl = this.#judge.config.cache_control;
    const answer = answerTo(decision, askingOf(request), { cacheControl });
    return { answer: { ...answer, headers: { ...extra, ...answer.headers } }, extra };
  }

  /** The fast lane: redirects, and what goes to the upstream. */
  #quick(request: QuickRequest): string | QuickRelay | undefined {
    const { method, target, host, keepAlive } = request;
    const uri = readTarget(target)?.uri;
    if (uri === undefined || !isHost(host)) return undefined;
    const decision = this.#judge.decideQuickly(host, uri);
    if (decision === "nothing") return this.#pass(request, uri);
    if (!decision) return undefined;
    const { cache_control: cacheControl } = this.#judge.config;
    const answer = () => render(answerTo(decision, { method }, { cacheControl }), keepAlive);
    return dated(method === "GET" && keepAlive ? this.#usual(decision, answer) : answer());
  }

  /** A decision that is made again is rendered once. */
  #usual(decision: Decision, make: () => Rendered): Rendered {
    const known = this.#rendered.get(decision) ?? make();
    this.#rendered.set(decision, known);
    return known;
  }

  #pass(request: QuickRequest, uri: string): QuickRelay | undefined {
    if (!this.#proxy || BEYOND_ASCII.test(request.target)) return undefined;
    this.#judge.missed(request.host, uri);
    return this.#proxy.relay(request);
  }
}

/** Such targets are mended on their way to the full server. */
const BEYOND_ASCII = /[\x80-\xff]/;

type Headers = Readonly<Record<string, string>>;

/** What a request asks for. */
interface Asked {
  readonly host: string;
  readonly uri: string;
}

/** @returns undefined for a request that is answered with 400 */
function askedOf(request: IncomingMessage): Asked | undefined {
  if (!isCodingKnown(request)) return undefined;
  const target = readTarget(request.url ?? "/");
  const host = hostOf(request);
  return target && host !== undefined ? { host: target.host ?? host, uri: target.uri } : undefined;
}

/** Any other coding would be lost on the way to the upstream, and Node finds out too late that it knows none. */
function isCodingKnown({ headers: { "transfer-encoding": coding } }: IncomingMessage): boolean {
  return coding === undefined || coding.toLowerCase() === "chunked";
}

function askingOf({ method = "GET", headers }: IncomingMessage) {
  const acceptEncoding = headers["accept-encoding"];
  return { method, ifNoneMatch: headers["if-none-match"], acceptEncoding: [acceptEncoding].flat().join(",") };
}

/**
 * The Host header; undefined for one that is malformed, and for several, which are an attack or a defect
 * (RFC 9112, 3.2).
 */
function hostOf({ rawHeaders, headers: { host = "" } }: IncomingMessage): string | undefined {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i]!.toLowerCase() === "host") hosts++;
  return hosts > 1 || !isHost(host) ? undefined : host;
}

const PLAIN = { "content-type": "text/plain; charset=utf-8" };
const BAD_REQUEST = { status: 400, headers: PLAIN, body: "400 Bad Request\n" };
const NOT_FOUND = { status: 404, headers: PLAIN, body: "404 Not Found\n" };

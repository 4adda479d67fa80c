import type { IncomingHttpHeaders } from "node:http";
import { type Answer, answerTo } from "./answer.ts";
import type { Judge } from "./judge.ts";
import { isHost, readTarget } from "./request-uri.ts";

/**
 * How a proxy describes the request that it holds, and how it is told what to do with it. Each dialect has a path of
 * its own and reads its own headers alone, so that a client cannot change the answer by sending those of another.
 */
export interface Dialect {
  /** Headers with the path and query, the host, and the method of the request. */
  readonly uri: string;
  readonly host: string;
  readonly method: string;
  /** An answer in a form that the proxy hands on; `header` reads the question's headers. */
  told(answer: Answer, header: (name: string) => string | undefined): Answer;
}

/** Caddy hands any answer but 2xx to its caller as it is. */
const forwarded: Dialect = {
  uri: "x-forwarded-uri",
  host: "x-forwarded-host",
  method: "x-forwarded-method",
  told: (answer) => answer,
};

/** Traefik does so too, but resolves a `Location` against our address (unless `preserveLocationHeader` is set). */
const traefik: Dialect = {
  ...forwarded,
  told: (answer, header) => {
    const location = wholeUrl(
      answer.headers["location"],
      header(forwarded.host),
      header("x-forwarded-proto"),
    );
    return location === undefined ? answer : { ...answer, headers: { ...answer.headers, location } };
  },
};

/** nginx knows only 2xx, 401 and 403 as answers, so it is told by 401 and headers; see deploy/nginx-auth-request.conf. */
const nginx: Dialect = {
  uri: "x-original-uri",
  host: "x-original-host",
  method: "x-original-method",
  told: ({ status, headers }) => ({
    status: 401,
    headers: { ...headers, "x-outrider-status": String(status) },
    body: "",
  }),
};

/** The dialect that is spoken at a path and query, if any. */
export function dialectAt(uri: string, path: string | undefined): Dialect | undefined {
  if (path === undefined) return undefined;
  const [asked] = uri.split("?");
  if (asked === path) return forwarded;
  if (asked === `${path}/traefik`) return traefik;
  return asked === `${path}/nginx` ? nginx : undefined;
}

/**
 * The answer to a proxy's question what to do with a request: 204 lets it pass. A page is a 200, which to a proxy
 * means the same, so pages cannot be served this way.
 */
export function forwardAuth(agent: Judge, dialect: Dialect, headers: IncomingHttpHeaders): Answer {
  const header = (name: string) => [headers[name]].flat()[0];
  const asked = header(dialect.uri);
  if (asked === undefined) return missing(dialect.uri);
  const target = readTarget(asked);
  const decision = target && agent.decide(target.host ?? header(dialect.host) ?? "", target.uri);
  if (!decision || decision.kind === "page") return PASS;
  const asking = { method: header(dialect.method) ?? "GET" };
  return dialect.told(answerTo(decision, asking, { cacheControl: agent.config.cache_control }), header);
}

/** A path as a URL at the host that was asked for; undefined for what is no path, or for an unknown host. */
function wholeUrl(location = "", host = "", proto = ""): string | undefined {
  if (!location.startsWith("/")) return undefined;
  // A question about a WebSocket can say ws or wss.
  const scheme = /^(?:https|wss)$/i.test(proto) ? "https" : "http";
  if (location.startsWith("//")) return `${scheme}:${location}`;
  return host !== "" && isHost(host) ? `${scheme}://${host}${location}` : undefined;
}

const PASS: Answer = { status: 204, headers: {}, body: undefined };

/** The proxy is configured wrongly, which would otherwise go unnoticed. */
function missing(name: string): Answer {
  const headers = { "content-type": "text/plain; charset=utf-8" };
  return { status: 400, headers, body: `the header ${name} is missing; see the guide for this proxy\n` };
}

import { LinkProblem, Problem } from "../../../core/problems.ts";
import type { HttpAnswer, HttpClient } from "../../../wire/http-client.ts";
import type { Exchange, Incoming, Outgoing } from "./exchange.ts";
import { fromNode, type Headers } from "./headers.ts";

/** What belongs to the connection, and the length, which follows from the body whatever a layer has said. */
const OURS: ReadonlySet<string> = new Set([
  "Connection",
  "Content-Length",
  "Expect",
  "Keep-Alive",
  "Proxy-Connection",
  "Te",
  "Trailer",
  "Transfer-Encoding",
  "Upgrade",
]);

/**
 * HTTP as backends need it, over a client that follows no redirects, unpacks answers and has no time of its own: the
 * signal ends a request. When it rings with an Error, the event's time is over (`Within` of core/life does so).
 */
export function httpExchange(client: HttpClient): Exchange {
  return async (request, signal) => {
    const { method, url, body } = request;
    try {
      const answer = await client.send({ method, url, headers: sent(request.headers), body, signal });
      return new Response(answer);
    } catch (error) {
      throw error instanceof Problem ? error : ended(request, signal, error);
    }
  };
}

/** Its headers are spelled the peer's way only where somebody looks. */
class Response implements Incoming {
  readonly status: number;
  readonly body: Buffer;
  readonly #given: HttpAnswer["headers"];
  #headers: Headers | undefined;

  constructor({ status, headers, body }: HttpAnswer) {
    this.status = status;
    this.body = body;
    this.#given = headers;
  }

  get headers(): Headers {
    this.#headers ??= fromNode(this.#given);
    return this.#headers;
  }
}

function sent(headers: Headers): Record<string, string | readonly string[]> {
  const named: Record<string, string | readonly string[]> = {};
  for (const name in headers) {
    const values = headers[name]!;
    if (values.length === 0 || OURS.has(name)) continue;
    named[name] = values.length === 1 || name === "Host" ? bytes(values[0]!) : values.map(bytes);
  }
  return named;
}

/** UTF-8, as the peer sends it: the client writes each character of a header as one byte. */
function bytes(value: string): string {
  return /^[\x00-\x7f]*$/.test(value) ? value : Buffer.from(value).toString("latin1");
}

function ended({ method, url }: Outgoing, signal: AbortSignal, cause: unknown): unknown {
  if (!signal.aborted) return cause;
  const late = signal.reason instanceof Error;
  return late
    ? new LinkProblem("timed_out", `${method} ${url}: context deadline exceeded`, { cause })
    : new LinkProblem("connect_failed", `${method} ${url}: context canceled`, { cause });
}

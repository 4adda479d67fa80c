import { LinkProblem, Problem, RejectedProblem } from "../../../core/problems.ts";
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
    named[name] =
      values.length === 1 || name === "Host"
        ? bytes(values[0]!, name)
        : values.map((value) => bytes(value, name));
  }
  return named;
}

/**
 * UTF-8, as the peer sends it: the client writes each character of a header as one byte. Throws RejectedProblem for a
 * value that no header may have, a line break first of all: it will not have another one when it is tried again.
 */
function bytes(value: string, name: string): string {
  if (/^[\t\x20-\x7e]*$/.test(value)) return value;
  if (!/[^\t\x20-\x7e\x80-\uffff]/.test(value)) return Buffer.from(value).toString("latin1");
  throw new RejectedProblem("item_refused", `the header ${name} would hold a line break or the like`);
}

function ended({ method, url }: Outgoing, signal: AbortSignal, cause: unknown): unknown {
  if (!signal.aborted) return cause;
  const late = signal.reason instanceof Error;
  return late
    ? new LinkProblem("timed_out", `${method} ${url}: context deadline exceeded`, { cause })
    : new LinkProblem("connect_failed", `${method} ${url}: context canceled`, { cause });
}

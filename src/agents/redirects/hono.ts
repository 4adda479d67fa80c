import type { IncomingMessage } from "node:http";
import type { RedirectsAgent } from "./agent.ts";
import { toBytes } from "./bytes.ts";
import { answerFor, bytesOf } from "./node-request.ts";

/** As much of a Hono context as is needed here. */
interface Context {
  readonly req: { readonly raw: Request; readonly method: string; header(name: string): string | undefined };
  readonly env?: unknown;
}

/** Middleware for Hono: answers redirects and pages, and hands everything else on. Put it first. */
export function honoRedirects(agent: RedirectsAgent) {
  return async (context: Context, next: () => Promise<void>): Promise<Response | undefined> => {
    const answer = answerOf(agent, context);
    if (!answer) {
      await next();
      return undefined;
    }
    const body = bytesOf(answer);
    // Without the body nobody but us knows how long it would be.
    const length = body && { "content-length": String(body.length) };
    return new Response(body && context.req.method !== "HEAD" ? new Uint8Array(body) : null, {
      status: answer.status,
      headers: { ...answer.headers, ...length },
    });
  };
}

/** On Node the request is there as it was received; elsewhere its URL has been tidied up already. */
function answerOf(agent: RedirectsAgent, { req, env }: Context) {
  const incoming = (env as { incoming?: IncomingMessage } | undefined)?.incoming;
  if (incoming) return answerFor(agent, incoming);
  const { host, pathname, search } = new URL(req.raw.url);
  return agent.answer({
    method: req.method,
    host: req.header("host") ?? host,
    target: toBytes(pathname + search),
    ifNoneMatch: req.header("if-none-match"),
    acceptEncoding: req.header("accept-encoding"),
  });
}

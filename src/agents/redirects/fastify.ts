import type { IncomingMessage, OutgoingHttpHeader, ServerResponse } from "node:http";
import type { RedirectsAgent } from "./agent.ts";
import type { Answer } from "./answer.ts";
import { answerFor, bytesOf } from "./node-request.ts";
import { send } from "./send.ts";

/** As much of a Fastify reply as is needed here. */
interface Reply {
  readonly raw: ServerResponse;
  hijack(): Reply;
  getHeaders(): Record<string, OutgoingHttpHeader | undefined>;
  code(status: number): Reply;
  headers(values: Record<string, string>): Reply;
  send(body?: Buffer | string): Reply;
}

/** As much of a Fastify instance as is needed here. */
interface Instance {
  addHook(
    name: "onRequest",
    hook: (request: { raw: IncomingMessage; method: string }, reply: Reply) => Promise<unknown>,
  ): unknown;
}

/** A Fastify plugin that answers redirects and pages before routing, for the whole server. */
export function fastifyRedirects(agent: RedirectsAgent) {
  const plugin = async (instance: Instance): Promise<void> => {
    instance.addHook("onRequest", async (request, reply) => {
      const answer = answerFor(agent, request.raw);
      if (!answer) return undefined;
      if (request.method === "HEAD" && answer.body === undefined) return sendPast(reply, answer);
      reply.code(answer.status).headers({ ...answer.headers });
      const body = bytesOf(answer);
      // An empty body would get a type that nobody said.
      return body?.length ? reply.send(body) : reply.send();
    });
  };
  // What `fastify-plugin` does: the hook is meant for the server it is registered on, not for a child of it.
  return Object.assign(plugin, { [Symbol.for("skip-override")]: true });
}

/** Fastify's own way would say that a redirect is 0 bytes long to HEAD, where a route of the app has the same path. */
function sendPast(reply: Reply, answer: Answer): Reply {
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) reply.raw.setHeader(name, value);
  send(reply.raw, "HEAD", answer);
  return reply;
}

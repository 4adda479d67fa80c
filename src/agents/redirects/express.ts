import type { IncomingMessage, ServerResponse } from "node:http";
import type { RedirectsAgent } from "./agent.ts";
import { answerFor } from "./node-request.ts";
import { send } from "./send.ts";

/** What Express, Connect and Polka call. */
export type ExpressMiddleware = (
  request: IncomingMessage & { originalUrl?: string },
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/** Middleware for Express: answers redirects and pages, and hands everything else on. Put it first. */
export function expressRedirects(agent: RedirectsAgent): ExpressMiddleware {
  return (request, response, next) => {
    const answer = answerFor(agent, request);
    if (answer) send(response, request.method ?? "GET", answer);
    else next();
  };
}

import type { IncomingMessage, ServerResponse } from "node:http";
import type { RedirectsAgent } from "./agent.ts";
import { answerTo } from "./answer.ts";
import { readTarget } from "./request-uri.ts";
import { send } from "./send.ts";

/**
 * Answers a proxy's question what to do with a request that it holds.
 *
 * Traefik and Caddy describe the request in `X-Forwarded-*` and hand any answer but 2xx to their caller, so they get
 * the redirect itself. nginx knows only 2xx, 401 and 403 as answers, so it is told by 401 and headers; it describes
 * the request in `X-Original-URI`, as its configuration in the guide says.
 *
 * A page is a 200, which to all three means "let the request pass": pages cannot be served this way.
 */
export function forwardAuth(agent: RedirectsAgent, request: IncomingMessage, response: ServerResponse): void {
  const header = (name: string) => [request.headers[name]].flat()[0];
  const original = header("x-original-uri");
  const host = header("x-forwarded-host") ?? header("x-original-host") ?? request.headers.host ?? "";
  const method = header("x-forwarded-method") ?? header("x-original-method") ?? "GET";
  const target = readTarget(original ?? header("x-forwarded-uri") ?? "");
  const decision = target && agent.decide(target.host ?? host, target.uri);
  if (!decision || decision.kind === "page") {
    send(response, "GET", { status: 204, headers: {}, body: undefined });
    return;
  }
  const answer = answerTo(decision, { method }, { cacheControl: agent.config.cache_control });
  if (original === undefined) send(response, method, answer);
  else
    send(response, "GET", {
      status: 401,
      headers: { ...answer.headers, "x-outrider-status": String(answer.status) },
      body: "",
    });
}

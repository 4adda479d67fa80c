import type { IncomingMessage } from "node:http";
import type { RedirectsAgent } from "./agent.ts";
import type { Answer } from "./answer.ts";

/** The answer for a request of Node's HTTP server, or undefined if it is none of ours. */
export function answerFor(
  agent: RedirectsAgent,
  request: IncomingMessage & { originalUrl?: string },
): Answer | undefined {
  const { method = "GET", headers } = request;
  return agent.answer({
    method,
    host: headers.host ?? "",
    // Where a router has cut its mount path off, the whole is kept here.
    target: request.originalUrl ?? request.url ?? "/",
    ifNoneMatch: headers["if-none-match"],
    acceptEncoding: [headers["accept-encoding"]].flat().join(","),
  });
}

/** The body as bytes; undefined where none and no length is sent. */
export function bytesOf({ body }: Answer): Buffer | undefined {
  return typeof body === "string" ? Buffer.from(body, "latin1") : body;
}

import type { IncomingMessage } from "node:http";
import type { Config } from "./config.ts";
import type { Reply } from "./reply.ts";

/** How long browsers may remember an answer to a preflight, in seconds. */
const MAX_AGE = "7200";

/** The headers that let a page of another origin read an answer; none where it may not. */
export function crossOrigin(
  { origins, credentials }: Config["cors"],
  { headers: { origin } }: IncomingMessage,
): Record<string, string> {
  if (origins.includes("*")) return { "access-control-allow-origin": "*" };
  if (origin === undefined || !origins.includes(origin)) return { vary: "Origin" };
  return {
    "access-control-allow-origin": origin,
    vary: "Origin",
    ...(credentials && { "access-control-allow-credentials": "true" }),
  };
}

/** The answer to a browser that asks whether it may ask: what it wants to do, it may. */
export function preflight({ headers }: IncomingMessage): Reply {
  const method = headers["access-control-request-method"];
  const names = headers["access-control-request-headers"];
  return {
    status: 204,
    headers: {
      "access-control-max-age": MAX_AGE,
      ...(method && { "access-control-allow-methods": method }),
      ...(names && { "access-control-allow-headers": names }),
    },
  };
}

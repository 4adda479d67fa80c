import type { Relay } from "./relay.ts";
import { type Reply, text } from "./reply.ts";

const UNCACHED = { "cache-control": "no-store, no-cache" };

/** `GET /health/liveness`: the process listens. */
export function liveness(): Reply {
  return text("Healthy", 200, UNCACHED);
}

/**
 * `GET /health/readiness`: whoever has data is ready, be the server there or not; a replica with good data is not to
 * be taken away because of somebody else's outage, unless its user wants that.
 */
export function readiness(relay: Relay): Reply {
  const { view, state, draining, config } = relay;
  const isTooOld = config.max_stale > 0 && ageOf(relay) > config.max_stale;
  if (!view || draining || isTooOld) return text("Unhealthy", 503, UNCACHED);
  return text(state === "Stable" || state === "None" ? "Healthy" : "Degraded", 200, UNCACHED);
}

/** How long ago anybody confirmed the data, in milliseconds. */
function ageOf({ upstreams, syncedAt }: Relay): number {
  if (upstreams.length === 0) return 0;
  const seen = Math.max(...upstreams.map(({ link }) => link.seen ?? 0));
  return seen === 0 || syncedAt === undefined ? Number.POSITIVE_INFINITY : Date.now() - seen;
}

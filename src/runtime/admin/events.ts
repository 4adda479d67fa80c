import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import { Bell } from "../../core/bell.ts";
import { onAbort } from "../../core/life.ts";
import type { Outrider } from "../outrider.ts";

/** A comment is sent at least this often, in milliseconds, so that proxies keep the connection. */
const HEARTBEAT = 15_000;

/**
 * Server-sent events: first the state of every agent, then each change of one. An `agent` event carries what
 * `GET /api/agents` says of it; `gone` tells that it was removed.
 *
 * A slow reader is sent the newest state of each agent, not every state in between.
 */
export function events(outrider: Outrider, c: Context): Response {
  return streamSSE(c, async (stream) => {
    const changed = new Set<string>(outrider.config.agents.keys());
    const bell = new Bell();
    const forget = [
      outrider.supervisor.watch((name) => {
        changed.add(name);
        bell.ring();
      }),
      onAbort(outrider.closing, () => bell.ring()),
    ];
    const heartbeat = setInterval(() => void stream.write(": \n\n"), HEARTBEAT);
    stream.onAbort(() => bell.ring());
    try {
      while (!stream.aborted && !outrider.closing.aborted) {
        for (const name of [...changed]) {
          changed.delete(name);
          await stream.writeSSE(eventOf(outrider, name));
        }
        await bell.rung();
      }
    } finally {
      clearInterval(heartbeat);
      for (const each of forget) each();
    }
  });
}

function eventOf(outrider: Outrider, name: string): { event: string; data: string } {
  const known = outrider.config.agents.has(name);
  return { event: known ? "agent" : "gone", data: JSON.stringify(known ? outrider.status(name) : { name }) };
}

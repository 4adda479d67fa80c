import type { Host } from "../../core/agent.ts";
import { messageOf } from "../../core/problems.ts";
import type { Config } from "./config/agent.ts";
import type { Ending } from "./counts.ts";
import type { Event } from "./event.ts";
import { eventId } from "./event-id.ts";

/** Logs what became of events that failed; the peer's prefix, where its logs are looked for. */
export function teller(
  { profile, from }: Config,
  { log, name }: Host,
): (event: Event, ending: Ending, reason: unknown) => void {
  // Source: krakend-async §2.10.
  const prefix = profile === "krakend" && from.amqp ? `[SERVICE: AsyncAgent][AMQP][${name}] ` : "";
  return (event, ending, reason) => {
    if (ending !== "rejected" && ending !== "requeued") return;
    log.error({ event: eventId(event), ending }, `${prefix}${messageOf(reason)}`);
  };
}

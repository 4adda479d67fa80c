import type { Host } from "../../core/agent.ts";
import { messageOf } from "../../core/problems.ts";
import type { Config } from "./config/agent.ts";
import type { Ending } from "./counts.ts";
import type { Event } from "./event.ts";
import { eventId } from "./event-id.ts";

/** Logs what became of events that failed; the peer's prefix, where its logs are looked for. */
export function teller(
  config: Config,
  { log, name }: Host,
): (event: Event, ending: Ending, reason: unknown) => void {
  const prefix = prefixOf(config, name);
  return (event, ending, reason) => {
    if (ending !== "rejected" && ending !== "requeued") return;
    log.error({ event: eventId(event), ending }, `${prefix}${messageOf(reason)}`);
  };
}

/** Runs a consumer between the two lines by which the peer's logs are read; elsewhere, it only runs it. */
export async function narrated(config: Config, { log, name }: Host, run: () => Promise<void>): Promise<void> {
  const prefix = prefixOf(config, name);
  if (prefix === "") return run();
  log.info({}, `${prefix}consumer starting`);
  try {
    await run();
  } finally {
    log.warn({}, `${prefix}consumer stopped`);
  }
}

/** Empty where nobody looks for the peer's. Source: krakend-async §2.10. */
function prefixOf({ profile, from }: Config, name: string): string {
  return profile === "krakend" && from.amqp ? `[SERVICE: AsyncAgent][AMQP][${name}] ` : "";
}

import { sleep } from "../../core/life.ts";
import type { Log } from "../../core/log.ts";
import { connectionsGauge } from "../../wire/load.ts";
import type { Pollers } from "./pollers.ts";
import type { Service } from "./service.ts";

/** How often the conditions are looked at, in milliseconds. */
const LOOK = 50;

export interface LeavingOptions {
  /** Stay at least this long, in milliseconds. */
  readonly min: number;
  /** Leave after this, in milliseconds. */
  readonly max: number;
  /** Wait until nobody is connected to this local port. */
  readonly port: number | undefined;
  readonly services: ReadonlyMap<string, Service>;
  readonly pollers: Pollers;
  readonly log: Log;
}

/**
 * Says `drain` and stays until everybody who asks has heard it and the work is done. Vanishing would not do:
 * HAProxy keeps the last state of an agent that is gone.
 */
export async function leave(options: LeavingOptions, kill: AbortSignal): Promise<void> {
  const { min, max, services, log } = options;
  const began = performance.now();
  const spent = () => performance.now() - began;
  for (const service of services.values()) service.hear({ leaving: true });
  log.info({ min_ms: min, max_ms: max }, "draining before leaving");
  while (!kill.aborted && spent() < max) {
    if (spent() >= min && everyoneKnows(options) && (await isIdle(options))) break;
    await sleep(LOOK, kill);
  }
  const unaware = options.pollers.present().filter((poller) => !knows(options, poller)).length;
  log.info({ after_ms: Math.round(spent()), unaware_pollers: unaware }, "drained, leaving");
}

function everyoneKnows(options: LeavingOptions): boolean {
  return options.pollers.present().every((poller) => knows(options, poller));
}

function knows({ services }: LeavingOptions, poller: { service: string; generation: number }): boolean {
  return poller.generation >= (services.get(poller.service)?.generation ?? 0);
}

async function isIdle({ port }: LeavingOptions): Promise<boolean> {
  return port === undefined || (await connectionsGauge(port)()) === 0;
}

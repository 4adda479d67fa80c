import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** How long starting goes on when everything has been started, for the process and for each agent, in milliseconds. */
const STARTING = 500;
const STARTING_EACH = 10;

/** How long is looked whether there is work, in milliseconds, and the share of it below which there is none. */
const LOOKS = 2_000;
const RESTS = 0.02;

/**
 * Keeps the process small: to be called first thing, and only in a process of our own.
 *
 * The engine makes room for young objects by what it sees while modules are loaded and agents connect, and never gives
 * it back: 20 MB that an agent at rest does not need. Therefore that room only grows once all this is over, when there
 * is work. And marking beside the program takes a second core, and lets garbage pile up meanwhile; the programs beside
 * us need both more.
 */
export function startSmall(): void {
  setFlagsFromString("--no-concurrent-marking");
  setFlagsFromString("--semi-space-growth-factor=1");
}

/** Gives back what starting left behind, and lets the process grow with its work, once its agents have started. */
export function growLater(agents: number): void {
  const grow = () => {
    setFlagsFromString("--semi-space-growth-factor=2");
    tidyAtRest();
  };
  setTimeout(grow, STARTING + agents * STARTING_EACH).unref();
}

/** With work to do, standing still would be felt, and the engine tidies up by itself. */
function tidyAtRest(): void {
  const before = performance.eventLoopUtilization();
  const look = () => {
    if (performance.eventLoopUtilization(before).utilization < RESTS) tidy();
    else tidyAtRest();
  };
  setTimeout(look, LOOKS).unref();
}

/** Once: the process stands still for it, longer the more agents there are. */
function tidy(): void {
  setFlagsFromString("--expose-gc");
  setFlagsFromString("--compact-on-every-full-gc");
  runInNewContext("gc")();
  setFlagsFromString("--no-compact-on-every-full-gc");
  setFlagsFromString("--no-expose-gc");
}

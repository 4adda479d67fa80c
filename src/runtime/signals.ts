/**
 * Signals that would end the process or open Node's debugger (SIGUSR1) before somebody listens. The command line
 * installs this first thing, before anything else is imported; it imports nothing itself.
 *
 * Signals coalesce, so they are commands to reach a state, never something to count. They may come in crowds: then
 * catching one costs next to nothing, and they are told once in every turn of the event loop, so that whoever
 * asks meanwhile is answered.
 */

const CAUGHT = ["SIGUSR1", "SIGUSR2", "SIGHUP"] as const;

export type CaughtSignal = (typeof CAUGHT)[number];

export interface Signals {
  /** From now on, signals go to `hear`, in the order they came, also those that came before. */
  heard(hear: (signal: CaughtSignal) => void): void;
}

export function catchSignals(): Signals {
  let waiting: readonly CaughtSignal[] = [];
  let hear: ((signal: CaughtSignal) => void) | undefined;
  let planned = false;
  const tell = () => {
    planned = false;
    const now = waiting;
    waiting = [];
    for (const signal of now) hear?.(signal);
  };
  const plan = () => {
    if (!hear || planned || waiting.length === 0) return;
    planned = true;
    setImmediate(tell);
  };
  for (const signal of CAUGHT) {
    process.on(signal, () => {
      waiting = withSignal(waiting, signal);
      plan();
    });
  }
  return {
    heard(listener) {
      hear = listener;
      plan();
    },
  };
}

/**
 * A signal takes the place of an earlier one of its kind. A SIGHUP that came before all others stays besides:
 * what it makes us read must be known before anything else is done.
 */
export function withSignal(waiting: readonly CaughtSignal[], signal: CaughtSignal): CaughtSignal[] {
  const others = waiting.some((each) => each !== "SIGHUP");
  const kept = waiting.filter((each, at) => each !== signal || (at === 0 && signal === "SIGHUP" && others));
  return [...kept, signal];
}

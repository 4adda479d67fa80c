/**
 * Signals that would end the process or open Node's debugger (SIGUSR1) before somebody listens. The command line
 * installs this first thing, before anything else is imported; it imports nothing itself.
 *
 * Signals coalesce, so they are commands to reach a state, never something to count.
 */

const CAUGHT = ["SIGUSR1", "SIGUSR2", "SIGHUP"] as const;

export type CaughtSignal = (typeof CAUGHT)[number];

export interface Signals {
  /** From now on, signals go to `hear`; those that came before are told now, in their order, each kind once. */
  heard(hear: (signal: CaughtSignal) => void): void;
}

export function catchSignals(): Signals {
  const early = new Set<CaughtSignal>();
  let hear: ((signal: CaughtSignal) => void) | undefined;
  for (const signal of CAUGHT) {
    process.on(signal, () => {
      if (hear) return hear(signal);
      early.delete(signal);
      early.add(signal);
    });
  }
  return {
    heard(listener) {
      hear = listener;
      for (const signal of early) listener(signal);
      early.clear();
    },
  };
}

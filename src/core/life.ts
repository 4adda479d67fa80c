/**
 * How long something lives: two bells, and the few helpers that may listen to them.
 *
 * Life signals live as long as an agent, so a listener left on one is a leak that grows with every item that
 * passes by. Therefore only `onAbort` hears a signal, and everything here goes through it.
 */
import { crowdOf } from "./crowd.ts";

/** Why an agent is told to stop. It stands on the signal as `signal.reason`. */
export type StopReason = "shutdown" | "removed" | "replaced" | "restarted" | "stopped";

/** Two bells: `stop` — take nothing new, finish what you hold; `kill` — time is up, let go. */
export interface Life {
  readonly stop: AbortSignal;
  readonly kill: AbortSignal;
}

/** A life whose bells you may ring. `kill` rings `stop` as well. */
export class Lifetime implements Life {
  readonly #stop = new AbortController();
  readonly #kill = new AbortController();
  readonly stop: AbortSignal = this.#stop.signal;
  readonly kill: AbortSignal = this.#kill.signal;

  ringStop(reason: StopReason): void {
    this.#stop.abort(reason);
  }

  ringKill(reason: StopReason): void {
    this.#stop.abort(reason);
    this.#kill.abort(reason);
  }
}

/** A life inside another: it hears both bells of that, and has its own. To be let go of when it is over. */
export class InnerLife extends Lifetime {
  readonly #forget: readonly (() => void)[];

  constructor(outer: Life) {
    super();
    this.#forget = [
      onAbort(outer.stop, () => this.ringStop(outer.stop.reason)),
      onAbort(outer.kill, () => this.ringKill(outer.kill.reason)),
    ];
  }

  /** Lets go of the life outside without ringing. */
  release(): void {
    for (const forget of this.#forget) forget();
  }
}

/**
 * Calls `hear` when the signal rings, or at once when it has rung already. However many hear a signal, it has one
 * listener: the platform looks through all of them whenever one comes or goes.
 * @returns a function that stops listening; calling it twice is harmless
 */
export function onAbort(signal: AbortSignal, hear: () => void): () => void {
  if (signal.aborted) {
    hear();
    return () => {};
  }
  return crowdOf(signal).join(hear);
}

/** A timer that fires after `ms` milliseconds; a longer delay than a 32-bit timer can hold would fire at once. */
export function later(ms: number, fire: () => void): NodeJS.Timeout {
  return setTimeout(fire, Math.min(ms, 2 ** 31 - 1));
}

/** Resolves after `ms` milliseconds, or as soon as the signal rings. Never rejects. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      forget();
      resolve();
    };
    const timer = later(ms, done);
    const forget = onAbort(signal, done);
  });
}

/** Resolves when the signal rings. */
export function rung(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    onAbort(signal, resolve);
  });
}

/**
 * The promise's value, or `undefined` as soon as the signal rings.
 *
 * A fresh promise per call: racing one long-lived "aborted" promise would keep every loser for ever.
 */
export function unless<T>(signal: AbortSignal, promise: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const forget = onAbort(signal, () => resolve(undefined));
    const then = <V>(settle: (value: V) => void) => {
      return (value: V) => {
        forget();
        settle(value);
      };
    };
    promise.then(then(resolve), then(reject));
  });
}

/** Whether the promise settles within `ms` milliseconds, be it for good or bad. */
export function settlesWithin(ms: number, promise: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = later(ms, () => resolve(false));
    const settled = () => {
      clearTimeout(timer);
      resolve(true);
    };
    promise.then(settled, settled);
  });
}

/** A shorter life inside a longer signal: rings when the parent rings, when asked, or after `ms` milliseconds. */
export class Within {
  readonly #controller = new AbortController();
  readonly #forget: () => void;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly signal: AbortSignal = this.#controller.signal;

  constructor(parent: AbortSignal, ms?: number) {
    if (ms !== undefined && !parent.aborted) {
      this.#timer = later(ms, () => this.#controller.abort(new Error(`${ms} ms are over`)));
    }
    this.#forget = onAbort(parent, () => {
      clearTimeout(this.#timer);
      this.#controller.abort(parent.reason);
    });
  }

  /** Rings the inner signal and lets go of the parent and the timer. */
  end(reason?: unknown): void {
    clearTimeout(this.#timer);
    this.#forget();
    this.#controller.abort(reason);
  }

  /** Lets go of the parent and the timer without ringing. */
  release(): void {
    clearTimeout(this.#timer);
    this.#forget();
  }
}

/**
 * Runs several tasks of one agent side by side and ends when all have ended.
 * When one fails, the others are killed, and the first failure is thrown.
 */
export async function together(
  life: Life,
  ...tasks: readonly ((life: Life) => Promise<void>)[]
): Promise<void> {
  const inner = new InnerLife(life);
  const failures: unknown[] = [];
  const fail = (error: unknown) => {
    failures.push(error);
    inner.ringKill("stopped");
  };
  await Promise.all(tasks.map(async (task) => task(inner)).map((ending) => ending.catch(fail)));
  inner.release();
  if (failures.length > 0) throw failures[0];
}

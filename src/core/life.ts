/**
 * How long something lives: two bells, and the few helpers that may listen to them.
 *
 * Life signals live as long as an agent, so a listener left on one is a leak that grows with every item that
 * passes by. Therefore only `onAbort` adds listeners to a signal, and everything here goes through it.
 */

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

/**
 * Calls `hear` when the signal rings, or at once when it has rung already.
 * @returns a function that stops listening; calling it twice is harmless
 */
export function onAbort(signal: AbortSignal, hear: () => void): () => void {
  if (signal.aborted) {
    hear();
    return () => {};
  }
  signal.addEventListener("abort", hear, { once: true });
  return () => signal.removeEventListener("abort", hear);
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
    // A longer delay than a 32-bit timer can hold would fire at once.
    const timer = setTimeout(done, Math.min(ms, 2 ** 31 - 1));
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
    promise.then(resolve, reject).finally(forget);
  });
}

/** A shorter life inside a longer signal: rings when the parent rings, when asked, or after `ms` milliseconds. */
export class Within {
  readonly #controller = new AbortController();
  readonly #forget: () => void;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly signal: AbortSignal = this.#controller.signal;

  constructor(parent: AbortSignal, ms?: number) {
    this.#forget = onAbort(parent, () => this.#controller.abort(parent.reason));
    if (ms !== undefined)
      this.#timer = setTimeout(() => this.#controller.abort(new Error(`${ms} ms are over`)), ms);
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
  const inner = new Lifetime();
  const forgetStop = onAbort(life.stop, () => inner.ringStop(life.stop.reason));
  const forgetKill = onAbort(life.kill, () => inner.ringKill(life.kill.reason));
  const failures: unknown[] = [];
  const fail = (error: unknown) => {
    failures.push(error);
    inner.ringKill("stopped");
  };
  await Promise.all(tasks.map((task) => task(inner).catch(fail)));
  forgetStop();
  forgetKill();
  if (failures.length > 0) throw failures[0];
}

import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { crowdOf } from "../core/crowd.ts";
import { comesTrue, patience } from "./law.ts";

/** How many listen to a signal, each of those who share a listener included. */
export function listeners(signal: AbortSignal): number {
  const { size } = crowdOf(signal);
  return getEventListeners(signal, "abort").length + Math.max(0, size - 1);
}

/** What keeps the process busy: sockets, watchers, child processes, open requests; not the timers, see `Timers`. */
function handles(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of process.getActiveResourcesInfo()) {
    if (!/Timeout|Immediate/.test(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** Counts what is there before, and asserts that there is no more of it afterwards. */
export class Handles {
  readonly #before = handles();

  /** What there is more of now than before, by name. */
  more(): string[] {
    return [...handles()].flatMap(([name, count]) => {
      const more = count - (this.#before.get(name) ?? 0);
      return more > 0 ? [`${more} ${name}`] : [];
    });
  }

  async gone(what: string): Promise<void> {
    await comesTrue(
      patience.linger,
      () => this.more().length === 0,
      `${what}: ${this.more().join(", ")} should be gone`,
    );
  }
}

type Timer = NodeJS.Timeout;

/** Watches the global timers, those that do not keep the process included, until it is released. */
export class Timers {
  readonly #running = new Map<Timer, string>();
  readonly #original = { setTimeout, setInterval, clearTimeout, clearInterval };

  constructor() {
    const { setTimeout: start, setInterval: repeat, clearTimeout: stop } = this.#original;
    const begun = (timer: Timer) => {
      // Where it was begun, to be told with the complaint.
      this.#running.set(timer, new Error("begun").stack?.split("\n").slice(3, 6).join("\n") ?? "");
      return timer;
    };
    const once = (fire: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
      const timer: Timer = start(() => {
        this.#running.delete(timer);
        fire(...args);
      }, ms);
      return begun(timer);
    };
    const again = (fire: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
      return begun(repeat(() => fire(...args), ms));
    };
    const clear = (timer: Timer | undefined) => {
      if (timer) this.#running.delete(timer);
      stop(timer);
    };
    Object.assign(globalThis, {
      setTimeout: once,
      setInterval: again,
      clearTimeout: clear,
      clearInterval: clear,
    });
  }

  /** How many have neither fired nor been cleared. */
  get count(): number {
    return this.#running.size;
  }

  async gone(what: string): Promise<void> {
    this.release();
    const end = performance.now() + patience.linger;
    while (this.count > 0 && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(
      this.count,
      0,
      `${what}, but these timers run on:\n${[...this.#running.values()].join("\n\n")}`,
    );
  }

  /** Gives the global timers back. Those that run already are still counted. */
  release(): void {
    Object.assign(globalThis, this.#original);
  }
}

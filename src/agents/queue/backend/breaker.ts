import { LinkProblem } from "../../../core/problems.ts";
import type { BreakerConfig } from "../config/layers.ts";
import { failed, type Layer } from "./call.ts";
import type { Surroundings } from "./surroundings.ts";

/** How often somebody looks again who waits for the end of another's trial, in milliseconds. */
const GLANCE = 20;

/**
 * Stops calling a backend that failed too often in a row, lets one call try after a while, and closes again when that
 * one is good. A call that was cut off by our own end counts for nothing. Source: krakend-async §5.15.
 */
export function breaker(config: BreakerConfig, around: Surroundings): Layer {
  const tell = (state: State) => {
    if (config.log)
      around.log.warn({ breaker: config.name, state }, `circuit breaker ${config.name} is ${state}`);
  };
  const fuse = new Fuse(config, { changed: tell });
  if (config.pause) around.gate.add(() => fuse.wait());
  return (next) => async (call, signal) => {
    const spell = fuse.enter();
    if (typeof spell === "string")
      return failed(new LinkProblem("backend_busy", spell, { retryAfter: fuse.wait() }));
    const answer = await next(call, signal);
    const cut = signal.aborted && !(signal.reason instanceof Error);
    fuse.leave(spell, cut ? undefined : answer.problem === undefined);
    return answer;
  };
}

type State = "closed" | "open" | "half-open";

interface FuseOptions {
  /** Milliseconds. Default: the process's own clock, which never jumps. */
  readonly now?: () => number;
  /** Told about each change of the state. */
  readonly changed?: (state: State) => void;
}

/** The three states of a breaker; time in milliseconds. */
export class Fuse {
  readonly #limits: Pick<BreakerConfig, "errors" | "open" | "clear">;
  readonly #now: () => number;
  readonly #changed: (state: State) => void;
  #state: State = "closed";
  #failures = 0;
  #since: number;
  #trying = false;
  /** A new one begins whenever the state changes or the failures are forgotten. */
  #spell = 0;

  constructor(limits: Pick<BreakerConfig, "errors" | "open" | "clear">, options: FuseOptions = {}) {
    const { now = () => performance.now(), changed = () => {} } = options;
    this.#limits = limits;
    this.#now = now;
    this.#changed = changed;
    this.#since = now();
  }

  get state(): State {
    return this.#state;
  }

  /** @returns the spell in which a call goes in, for when it leaves; or why it may not */
  enter(): number | string {
    this.#age();
    if (this.#state === "open") return "circuit breaker is open";
    if (this.#state === "half-open") {
      if (this.#trying) return "too many requests: one call tries whether the backend is back";
      this.#trying = true;
    }
    return this.#spell;
  }

  /**
   * A call that went in during an earlier spell says nothing about this one: one that hung since before the breaker
   * opened must not be taken for the trial. Source: generations of `sony/gobreaker`, which the peer uses.
   * @param good undefined where the call says nothing about the backend
   */
  leave(spell: number, good: boolean | undefined): void {
    this.#age();
    if (spell !== this.#spell) return;
    if (this.#state === "half-open") {
      this.#trying = false;
      if (good !== undefined) this.#turn(good ? "closed" : "open");
    } else if (this.#state === "closed" && good !== undefined) {
      this.#failures = good ? 0 : this.#failures + 1;
      if (this.#failures > this.#limits.errors) this.#turn("open");
    }
  }

  /** How long calling would be in vain, in milliseconds. */
  wait(): number {
    this.#age();
    if (this.#state === "open") return Math.max(1, this.#since + this.#limits.open - this.#now());
    return this.#state === "half-open" && this.#trying ? GLANCE : 0;
  }

  #age(): void {
    const age = this.#now() - this.#since;
    const { open, clear } = this.#limits;
    if (this.#state === "open" && age >= open) this.#turn("half-open");
    else if (this.#state === "closed" && clear > 0 && age >= clear) this.#turn("closed");
  }

  #turn(state: State): void {
    const changes = state !== this.#state;
    this.#state = state;
    this.#spell++;
    this.#failures = 0;
    this.#trying = false;
    this.#since = this.#now();
    if (changes) this.#changed(state);
  }
}

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
  const fuse = new Fuse(config);
  if (config.pause) around.gate.add(() => fuse.wait());
  const tell = (state: string) => {
    if (config.log)
      around.log.warn({ breaker: config.name, state }, `circuit breaker ${config.name} is ${state}`);
  };
  return (next) => async (call, signal) => {
    const refusal = fuse.enter();
    if (refusal) return failed(new LinkProblem("backend_busy", refusal, { retryAfter: fuse.wait() }));
    const before = fuse.state;
    const answer = await next(call, signal);
    const cut = signal.aborted && !(signal.reason instanceof Error);
    fuse.leave(cut ? undefined : answer.problem === undefined);
    if (fuse.state !== before) tell(fuse.state);
    return answer;
  };
}

type State = "closed" | "open" | "half-open";

/** The three states of a breaker; time in milliseconds. */
export class Fuse {
  readonly #limits: Pick<BreakerConfig, "errors" | "open" | "clear">;
  readonly #now: () => number;
  #state: State = "closed";
  #failures = 0;
  #since: number;
  #trying = false;

  constructor(limits: Pick<BreakerConfig, "errors" | "open" | "clear">, now = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
    this.#since = now();
  }

  get state(): State {
    return this.#state;
  }

  /** @returns why a call may not go in; undefined if it may */
  enter(): string | undefined {
    this.#age();
    if (this.#state === "open") return "circuit breaker is open";
    if (this.#state === "half-open") {
      if (this.#trying) return "too many requests: one call tries whether the backend is back";
      this.#trying = true;
    }
    return undefined;
  }

  /** @param good undefined where the call says nothing about the backend */
  leave(good: boolean | undefined): void {
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
    this.#state = state;
    this.#failures = 0;
    this.#trying = false;
    this.#since = this.#now();
  }
}

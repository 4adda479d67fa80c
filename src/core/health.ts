import type { ProblemCode } from "./codes.ts";
import type { Problem } from "./problems.ts";
import { Troubles } from "./troubles.ts";

/** Set by the supervisor alone. */
export type Phase = "starting" | "ready" | "failed" | "stopping" | "stopped";
export type PartState = "connecting" | "up" | "down";
/** What a person wants to know: the phase, with `degraded` for "ready, and some part is down". */
export type Standing = Phase | "degraded";

export interface PartReport {
  readonly name: string;
  readonly state: PartState;
  /** Since when it is in this state, in milliseconds since 1970. */
  readonly since: number;
  /** The last sign of life, in milliseconds since 1970. */
  readonly seen?: number;
  readonly problem?: { readonly code: string; readonly message: string; readonly remedy: string };
  /** When the next try is due, in milliseconds since 1970. */
  readonly retryAt?: number;
}

/** A named piece of an agent's health: `origin`, `source`, `sink`, `snapshot`, `door` … */
export class Part {
  readonly name: string;
  readonly #changed: (news?: Problem) => void;
  state: PartState = "connecting";
  since = Date.now();
  seen: number | undefined;
  problem: Problem | undefined;
  retryAt: number | undefined;

  constructor(name: string, changed: (news?: Problem) => void) {
    this.name = name;
    this.#changed = changed;
  }

  connecting(): void {
    // A part that is down stays down, with its reason, until it has really come back.
    if (this.state === "up") this.#enter("connecting");
  }

  up(): void {
    this.seen = Date.now();
    if (this.state !== "up") this.#enter("up");
  }

  down(problem: Problem, retryAt?: number): void {
    const news = this.state !== "down" || this.problem?.message !== problem.message;
    this.#enter("down", problem, retryAt, news);
  }

  report(): PartReport {
    return {
      name: this.name,
      state: this.state,
      since: this.since,
      ...(this.seen !== undefined && { seen: this.seen }),
      ...(this.problem && { problem: this.problem.toJSON() }),
      ...(this.retryAt !== undefined && { retryAt: this.retryAt }),
    };
  }

  #enter(state: PartState, problem?: Problem, retryAt?: number, news = true): void {
    if (this.state !== state) this.since = Date.now();
    this.state = state;
    this.problem = problem;
    this.retryAt = retryAt;
    if (news) this.#changed(problem);
  }
}

export interface HealthReport {
  readonly standing: Standing;
  readonly since: number;
  readonly restarts: number;
  readonly problem?: { readonly code: string; readonly message: string };
  readonly parts: readonly PartReport[];
  /** How far the agent is behind the outside, in milliseconds; see `Health.lag`. */
  readonly lag?: number;
}

/** What others may look at. */
export interface HealthView {
  readonly standing: Standing;
  lag(): number | undefined;
  report(): HealthReport;
}

/** How often a part met a problem. */
export interface ProblemCount {
  readonly part: string;
  readonly code: ProblemCode;
  count: number;
}

/**
 * How an agent is. The supervisor sets the phase, the core sets the parts, and agents write no health code.
 * An agent is ready once it runs and nothing that it `awaits` is missing.
 */
export class Health implements HealthView {
  readonly #parts = new Map<string, Part>();
  readonly #awaited = new Set<string>();
  readonly #watchers = new Set<(part?: Part) => void>();
  readonly #lags = new Set<() => number | undefined>();
  phase: Phase = "stopped";
  since = Date.now();
  restarts = 0;
  problem: { code: string; message: string } | undefined;
  /** Problems met since the process began, also by earlier runs. */
  readonly counts = new Map<string, ProblemCount>();
  /** The newest of them. */
  readonly troubles = new Troubles();

  /** The part of this name, made on first use. */
  part(name: string): Part {
    const known = this.#parts.get(name);
    if (known) return known;
    const part = new Part(name, (problem) => {
      if (problem) {
        this.#count(name, problem.code);
        this.troubles.note(name, problem.toJSON());
      }
      this.#changed(part);
    });
    this.#parts.set(name, part);
    return part;
  }

  /** Forgets a part that the agent has no more. */
  drop(name: string): void {
    if (this.#parts.delete(name)) this.#changed();
  }

  /** The agent is not ready before `arrived(name)` is called. */
  awaits(name: string): void {
    this.#awaited.add(name);
  }

  arrived(name: string): void {
    this.#awaited.delete(name);
    if (this.phase === "starting" && this.#awaited.size === 0) this.enter("ready");
  }

  /**
   * How far behind the outside the agent is. A replica says how long ago its origin last gave a sign of life,
   * a pipeline how old its oldest unsettled item is. With several, the largest counts.
   * @returns milliseconds, or undefined if nothing is known yet
   */
  lag(): number | undefined {
    let largest: number | undefined;
    for (const read of this.#lags) {
      const lag = read();
      if (lag !== undefined && (largest === undefined || lag > largest)) largest = lag;
    }
    return largest;
  }

  /** Adds a source for `lag`. @returns a function that takes it away */
  measures(lag: () => number | undefined): () => void {
    this.#lags.add(lag);
    return () => this.#lags.delete(lag);
  }

  /** For the supervisor: a fresh run begins, what earlier ones left is forgotten. */
  begin(): void {
    this.#parts.clear();
    this.#awaited.clear();
    this.#lags.clear();
    this.problem = undefined;
    this.enter("starting");
  }

  /** For the supervisor: the agent runs; it is ready unless it still awaits something. */
  running(): void {
    if (this.phase === "starting" && this.#awaited.size === 0) this.enter("ready");
  }

  /** For the supervisor: the agent itself fell, and why. */
  fell(problem: { code: string; message: string }): void {
    this.problem = problem;
    this.troubles.note("agent", problem);
    this.enter("failed");
  }

  enter(phase: Phase): void {
    if (this.phase === phase) return;
    this.phase = phase;
    this.since = Date.now();
    this.#changed();
  }

  get standing(): Standing {
    if (this.phase !== "ready") return this.phase;
    for (const part of this.#parts.values()) if (part.state === "down") return "degraded";
    return "ready";
  }

  /** Calls back after every change of phase, or of a part, which is named then. @returns a function that ends it */
  watch(changed: (part?: Part) => void): () => void {
    this.#watchers.add(changed);
    return () => this.#watchers.delete(changed);
  }

  report(): HealthReport {
    const lag = this.lag();
    return {
      standing: this.standing,
      since: this.since,
      restarts: this.restarts,
      ...(this.problem && { problem: this.problem }),
      parts: [...this.#parts.values()].map((part) => part.report()),
      ...(lag !== undefined && { lag }),
    };
  }

  #count(part: string, code: ProblemCode): void {
    const counted = this.counts.get(`${part} ${code}`);
    if (counted) counted.count++;
    else this.counts.set(`${part} ${code}`, { part, code, count: 1 });
  }

  #changed(part?: Part): void {
    for (const watcher of this.#watchers) watcher(part);
  }
}

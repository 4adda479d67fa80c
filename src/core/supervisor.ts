import type { Agent } from "./agent.ts";
import type { Backoff } from "./backoff.ts";
import type { Health } from "./health.ts";
import type { Log } from "./log.ts";
import { ConfigProblem, messageOf } from "./problems.ts";
import { Ward } from "./ward.ts";

/** What should run: an agent with its parsed configuration. */
export interface Plan {
  readonly name: string;
  readonly kind: string;
  /** Two plans with equal fingerprints are the same plan. */
  readonly fingerprint: string;
  /** Names of the agents it looks at; at shutdown they are told to stop after it. */
  readonly watches: readonly string[];
  /** How long it may take to finish after `stop`, in milliseconds. */
  readonly grace: number;
  /** Wires the agent up. Throwing refuses the plan. */
  create(health: Health): Agent;
}

/** What `apply` did, by name. */
export interface Applied {
  readonly started: readonly string[];
  readonly restarted: readonly string[];
  readonly stopped: readonly string[];
  readonly kept: readonly string[];
  readonly refused: readonly { readonly name: string; readonly reason: string }[];
}

export interface SupervisorOptions {
  readonly log: Log;
  /** The wait before a fallen agent is started again. */
  readonly backoff: Backoff;
}

/** Keeps every planned agent alive: runs it, restarts it when it falls, replaces it when its plan changes. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #wards = new Map<string, Ward>();
  readonly #watchers = new Set<(name: string) => void>();
  #applying: Promise<unknown> = Promise.resolve();
  #closing = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  get names(): readonly string[] {
    return [...this.#wards.keys()];
  }

  ward(name: string): Ward | undefined {
    return this.#wards.get(name);
  }

  /** Calls back with the agent's name after every change of its health. */
  watch(changed: (name: string) => void): () => void {
    this.#watchers.add(changed);
    return () => this.#watchers.delete(changed);
  }

  /** Makes what runs agree with the plans, and touches nothing else. Changes follow one another. */
  apply(plans: readonly Plan[]): Promise<Applied> {
    return this.#inTurn(() => this.#apply(plans));
  }

  /** Starts an agent that was stopped, stops one that runs, or does both. Unknown names are a ConfigProblem. */
  async start(name: string): Promise<void> {
    await this.#inTurn(async () => this.#known(name).start());
  }

  async stop(name: string): Promise<void> {
    await this.#inTurn(() => this.#known(name).stop("stopped"));
  }

  async restart(name: string): Promise<void> {
    await this.#inTurn(async () => {
      const ward = this.#known(name);
      await ward.stop("restarted");
      ward.start();
    });
  }

  /** Stops every agent: those that look at others first, so that they can announce it while the others still serve. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#applying;
    const wards = [...this.#wards.values()];
    const heralds = wards.filter((ward) => ward.plan.watches.length > 0);
    await Promise.all(heralds.map((ward) => ward.stop("shutdown")));
    await Promise.all(wards.map((ward) => ward.stop("shutdown")));
  }

  /** Runs one change after the other. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const changed = this.#applying.then(change);
    this.#applying = changed.catch(() => {});
    return changed;
  }

  #known(name: string): Ward {
    const ward = this.#wards.get(name);
    if (!ward) throw new ConfigProblem("agent_unknown", `there is no agent "${name}"`);
    return ward;
  }

  async #apply(plans: readonly Plan[]): Promise<Applied> {
    const applied: Tally = { started: [], restarted: [], stopped: [], kept: [], refused: [] };
    if (this.#closing) return applied;
    const wanted = new Set(plans.map((plan) => plan.name));
    const gone = this.names.filter((name) => !wanted.has(name));
    await Promise.all([
      ...gone.map((name) => this.#remove(name, applied)),
      ...plans.map((plan) => this.#put(plan, applied)),
    ]);
    return applied;
  }

  async #put(plan: Plan, applied: Tally): Promise<void> {
    const ward = this.#wards.get(plan.name);
    if (ward?.plan.fingerprint === plan.fingerprint) {
      applied.kept.push(plan.name);
      return;
    }
    const before = ward?.plan;
    await ward?.stop("replaced");
    try {
      this.#start(plan, ward);
      applied[ward ? "restarted" : "started"].push(plan.name);
    } catch (error) {
      applied.refused.push({ name: plan.name, reason: messageOf(error) });
      if (before) ward?.start(before);
    }
  }

  #start(plan: Plan, ward = new Ward(this.#options, (name) => this.#changed(name))): void {
    ward.start(plan);
    this.#wards.set(plan.name, ward);
    this.#changed(plan.name);
  }

  async #remove(name: string, applied: Tally): Promise<void> {
    await this.#wards.get(name)?.stop("removed");
    this.#wards.delete(name);
    applied.stopped.push(name);
    this.#changed(name);
  }

  #changed(name: string): void {
    for (const watcher of this.#watchers) watcher(name);
  }
}

/** What happened, while it is being written down. */
type Tally = { [K in keyof Applied]: Applied[K][number][] };

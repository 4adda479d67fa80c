import type { Applied, Plan } from "./plan.ts";
import { ConfigProblem, messageOf } from "./problems.ts";
import { maskUrl } from "./secret.ts";
import { Turns } from "./turns.ts";
import { Ward, type WardOptions } from "./ward.ts";

/** A ward that was told to stop because its plan is gone or has changed. */
interface Leaving {
  readonly ward: Ward;
  readonly plan: Plan;
  /** Whether it ran before; one that was stopped by hand does not come back if its new plan is refused. */
  readonly ran: boolean;
  readonly ended: Promise<void>;
}

/** Keeps every planned agent alive: runs it, restarts it when it falls, replaces it when its plan changes. */
export class Supervisor {
  readonly #options: WardOptions;
  readonly #wards = new Map<string, Ward>();
  readonly #watchers = new Set<(name: string) => void>();
  readonly #turns = new Turns();
  #closing = false;

  constructor(options: WardOptions) {
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
    return this.#turns.take(() => this.#apply(plans));
  }

  /** Starts an agent that was stopped. Throws ConfigProblem for unknown names, and what the agent's `create` throws. */
  start(name: string): Promise<void> {
    return this.#turns.take(async () => this.#startWard(this.#known(name)));
  }

  stop(name: string): Promise<void> {
    return this.#turns.take(async () => this.#known(name).stop("stopped"));
  }

  restart(name: string): Promise<void> {
    return this.#turns.take(async () => {
      const ward = this.#known(name);
      await ward.stop("restarted");
      this.#startWard(ward);
    });
  }

  /** Stops every agent: those that look at others first, so that they can announce it while the others still serve. */
  close(): Promise<void> {
    this.#closing = true;
    return this.#turns.take(async () => {
      const wards = [...this.#wards.values()];
      const heralds = wards.filter((ward) => ward.plan.watches.length > 0);
      await Promise.all(heralds.map((ward) => ward.stop("shutdown")));
      await Promise.all(wards.map((ward) => ward.stop("shutdown")));
    });
  }

  #known(name: string): Ward {
    const ward = this.#wards.get(name);
    if (!ward) throw new ConfigProblem("agent_unknown", `there is no agent "${name}"`);
    return ward;
  }

  #startWard(ward: Ward): void {
    if (!this.#closing) ward.start();
  }

  async #apply(plans: readonly Plan[]): Promise<Applied> {
    const applied: Tally = { started: [], restarted: [], stopped: [], kept: [], refused: [] };
    if (this.#closing) return applied;
    const leaving = this.#stopOutdated(plans);
    const wanted = new Set(plans.map(({ name }) => name));
    await Promise.all([
      ...leaving.filter(({ plan }) => !wanted.has(plan.name)).map((gone) => this.#remove(gone, applied)),
      ...plans.map((plan) => this.#put(plan, leaving, applied)),
    ]);
    return applied;
  }

  /** Tells every agent to stop whose plan is gone or has changed; they do it side by side. */
  #stopOutdated(plans: readonly Plan[]): Leaving[] {
    const wanted = new Map(plans.map((plan) => [plan.name, plan]));
    return [...this.#wards.values()].flatMap((ward) => {
      const { plan, running: ran } = ward;
      const next = wanted.get(plan.name);
      if (next?.fingerprint === plan.fingerprint) return [];
      return [{ ward, plan, ran, ended: ward.stop(next ? "replaced" : "removed") }];
    });
  }

  async #put(plan: Plan, leaving: readonly Leaving[], applied: Tally): Promise<void> {
    const before = leaving.find((each) => each.plan.name === plan.name);
    const ward = this.#wards.get(plan.name);
    if (ward && !before) {
      ward.keep(plan);
      applied.kept.push(plan.name);
      return;
    }
    await Promise.all(leaving.filter((each) => each === before || share(each.plan, plan)).map(endOf));
    try {
      this.#start(plan, ward);
      applied[ward ? "restarted" : "started"].push(plan.name);
    } catch (error) {
      applied.refused.push({ name: plan.name, reason: maskUrl(messageOf(error)) });
      if (before?.ran) this.#bringBack(before);
    }
  }

  #start(plan: Plan, before: Ward | undefined): void {
    const ward = before ?? new Ward(plan.name, this.#options, (name) => this.#changed(name));
    ward.start(plan);
    this.#wards.set(plan.name, ward);
    this.#changed(plan.name);
  }

  #bringBack({ ward, plan }: Leaving): void {
    try {
      ward.start(plan);
    } catch (error) {
      this.#options.log.error({ agent: plan.name, err: error }, "agent cannot be started again as it was");
    }
  }

  async #remove({ plan, ended }: Leaving, applied: Tally): Promise<void> {
    await ended;
    this.#wards.delete(plan.name);
    applied.stopped.push(plan.name);
    this.#changed(plan.name);
  }

  #changed(name: string): void {
    for (const watcher of this.#watchers) watcher(name);
  }
}

/** What happened, while it is being written down. */
type Tally = { [K in keyof Applied]: Applied[K][number][] };

function share(one: Plan, other: Plan): boolean {
  return one.claims.some((claim) => other.claims.includes(claim));
}

function endOf({ ended }: Leaving): Promise<void> {
  return ended;
}

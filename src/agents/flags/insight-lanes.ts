import type { Sink } from "../../core/delivery.ts";
import { InnerLife, type Life, rung, unless } from "../../core/life.ts";
import {
  isTrouble,
  LinkProblem,
  PartialProblem,
  type Problem,
  RejectedProblem,
} from "../../core/problems.ts";
import type { Parcel } from "./insight.ts";
import type { InsightLane } from "./insight-lane.ts";

type Lane = Pick<InsightLane, "put" | "run">;

/**
 * A lane for each environment, begun when the environment is first served. As a sink it takes what was handed in
 * before anybody knew which environments there are, and lets each item into its lane.
 */
export class InsightLanes implements Sink<Parcel> {
  readonly #make: (envId: string) => Lane;
  readonly #lanes = new Map<string, Lane>();
  #begin: ((lane: Lane) => void) | undefined;

  constructor(make: (envId: string) => Lane) {
    this.#make = make;
  }

  of(envId: string): Lane | undefined {
    return this.#lanes.get(envId);
  }

  /** These are served from now on. A lane stays when its environment goes, until what it holds is settled. */
  serve(envIds: Iterable<string>): void {
    for (const envId of envIds) {
      if (this.#lanes.has(envId)) continue;
      const lane = this.#make(envId);
      this.#lanes.set(envId, lane);
      this.#begin?.(lane);
    }
  }

  /** Runs all of them, also those that come later. When one falls, all do. */
  async run(life: Life): Promise<void> {
    const inner = new InnerLife(life);
    const [running, failures]: [Promise<void>[], unknown[]] = [[], []];
    const fail = (error: unknown) => {
      failures.push(error);
      inner.ringKill("stopped");
    };
    this.#begin = (lane) => void running.push(lane.run(inner).catch(fail));
    for (const lane of this.#lanes.values()) this.#begin(lane);
    await rung(inner.stop);
    this.#begin = undefined;
    await Promise.all(running);
    inner.release();
    if (failures.length > 0) throw failures[0];
  }

  async write(parcels: readonly Parcel[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#lanes.size === 0) throw unknownYet();
    const failed = new Map<number, Problem>();
    const kept = parcels.map(async (parcel, index) => {
      const problem = await this.#pass(parcel);
      if (problem) failed.set(index, problem);
    });
    await unless(signal, Promise.all(kept));
    signal.throwIfAborted();
    const troubles = [...failed.values()].filter(isTrouble);
    // One trouble for all of them is told as what it is.
    if (troubles.length > 0 && troubles.length === parcels.length) throw troubles[0];
    if (failed.size > 0) throw new PartialProblem(failed);
  }

  async #pass(parcel: Parcel): Promise<Problem | undefined> {
    const lane = this.of(parcel.envId);
    if (!lane) return new RejectedProblem("item_refused", `the environment ${parcel.envId} is not served`);
    const settled = await lane.put(parcel);
    return settled?.outcome === "done" ? undefined : new LinkProblem("server_failed", "too many are waiting");
  }
}

function unknownYet(): LinkProblem {
  return new LinkProblem("connect_failed", "the environments are not known yet", {
    remedy: "Nothing to do: insights are kept until the flags' origin answers.",
  });
}

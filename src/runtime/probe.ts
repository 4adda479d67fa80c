import { tmpdir } from "node:os";
import type { AgentConfig, Config } from "../config/load.ts";
import { type Agent, alone } from "../core/agent.ts";
import { Health } from "../core/health.ts";
import { silent } from "../core/log.ts";
import { type ProbedStep, problemOf, tried } from "../core/probe.ts";
import { House } from "../wire/doors.ts";
import { settle } from "./host.ts";
import { ProcessMetrics } from "./metrics.ts";

/** What became of a probe, step by step. */
export interface Report {
  readonly ok: boolean;
  readonly steps: readonly ProbedStep[];
}

/** A process to be probed in: nothing is started, opened or written. */
export class ProbeRoom {
  readonly #metrics = new ProcessMetrics();
  readonly #house = new House();
  readonly #stateDir: string;

  /** @param stateDir where agents look for what they have kept; nothing is written there */
  constructor(stateDir: string | undefined) {
    this.#stateDir = stateDir ?? tmpdir();
  }

  /** Wires an agent up, and tries everything that it needs. @param timeout for each step, in milliseconds */
  async probe(name: string, agent: AgentConfig, timeout: number): Promise<Report> {
    const steps: ProbedStep[] = [{ step: "configuration", ok: true }];
    try {
      const created = this.#create(name, agent);
      steps.push({ step: "wiring", ok: true });
      for await (const step of tried(created, timeout)) steps.push(step);
    } catch (error) {
      steps.push({ step: "wiring", ok: false, problem: problemOf(error) });
    } finally {
      this.#metrics.forget(name);
    }
    return { ok: steps.every(({ ok }) => ok), steps };
  }

  #create(name: string, agent: AgentConfig): Agent {
    const household = {
      log: silent,
      metrics: this.#metrics,
      house: this.#house,
      neighbours: alone,
      stateDir: this.#stateDir,
    };
    return settle(household, name, agent, new Health());
  }
}

/** Lets every agent of a configuration try what it needs, one after the other. */
export async function* probeAgents(
  config: Config,
  timeout: number,
): AsyncGenerator<Report & { readonly name: string }> {
  const room = new ProbeRoom(config.state.dir);
  for (const [name, agent] of config.agents) yield { name, ...(await room.probe(name, agent, timeout)) };
}

import { tmpdir } from "node:os";
import type { AgentConfig, Config } from "../config/load.ts";
import { type Agent, alone } from "../core/agent.ts";
import { Health } from "../core/health.ts";
import { Within } from "../core/life.ts";
import { silent } from "../core/log.ts";
import { unmeasured } from "../core/metrics.ts";
import { isFine, type ProbedStep, problemOf, tried } from "../core/probe.ts";
import { House } from "../wire/doors.ts";
import { type Household, settle } from "./host.ts";

/** What became of a probe, step by step. */
export interface Report {
  readonly ok: boolean;
  readonly steps: readonly ProbedStep[];
}

export interface Patience {
  /** How long each step may take, in milliseconds. */
  readonly step: number;
  /** How long all of them may take; what was not tried by then is skipped. Default: as long as it takes. */
  readonly all?: number;
  readonly signal?: AbortSignal;
}

/** Lets every agent of a configuration try what it needs, one after the other. */
export async function* probeAgents(
  config: Config,
  step: number,
): AsyncGenerator<Report & { readonly name: string }> {
  for (const [name, agent] of config.agents) {
    yield { name, ...(await probeAgent(name, agent, config.state.dir, { step })) };
  }
}

/**
 * Wires an agent up, and tries everything that it needs. Nothing is started, opened or written.
 * @param stateDir where it looks for what it has kept
 */
export async function probeAgent(
  name: string,
  agent: AgentConfig,
  stateDir: string | undefined,
  { step, all, signal = new AbortController().signal }: Patience,
): Promise<Report> {
  const steps: ProbedStep[] = [{ step: "configuration", ok: true }];
  const within = new Within(signal, all);
  try {
    await agent.kind.load?.();
    const created = create(name, agent, stateDir ?? tmpdir());
    steps.push({ step: "wiring", ok: true });
    for await (const each of tried(created, step, within.signal)) steps.push(each);
  } catch (error) {
    steps.push({ step: "wiring", ok: false, problem: problemOf(error) });
  } finally {
    within.release();
  }
  return { ok: isFine(steps), steps };
}

function create(name: string, agent: AgentConfig, stateDir: string): Agent {
  const household: Household = {
    log: silent,
    metrics: { for: () => unmeasured },
    house: new House(),
    neighbours: alone,
    stateDir,
  };
  return settle(household, name, agent, new Health());
}

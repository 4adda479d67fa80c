import { tmpdir } from "node:os";
import type { Config } from "../config/load.ts";
import { type Agent, alone } from "../core/agent.ts";
import { Health } from "../core/health.ts";
import { unless, Within } from "../core/life.ts";
import { silent } from "../core/log.ts";
import { LinkProblem } from "../core/problems.ts";
import { House } from "../wire/doors.ts";
import { settle } from "./host.ts";
import { ProcessMetrics } from "./metrics.ts";

export interface Probed {
  readonly name: string;
  /** undefined: everything answers. */
  readonly error: unknown;
}

/** Lets every agent try what it needs. Nothing is started, opened or written. */
export async function* probeAgents(config: Config, timeout: number): AsyncGenerator<Probed> {
  const household = {
    log: silent,
    metrics: new ProcessMetrics(),
    house: new House(),
    neighbours: alone,
    stateDir: config.state.dir ?? tmpdir(),
  };
  for (const [name, agent] of config.agents) {
    yield { name, error: await probeOne(() => settle(household, name, agent, new Health()), timeout) };
  }
}

async function probeOne(create: () => Agent, timeout: number): Promise<unknown> {
  const within = new Within(new AbortController().signal, timeout);
  try {
    await unless(within.signal, Promise.resolve(create().probe?.(within.signal)));
    if (!within.signal.aborted) return undefined;
  } catch (error) {
    if (!within.signal.aborted) return error;
  } finally {
    within.release();
  }
  return new LinkProblem("timed_out", `no answer within ${timeout} ms`);
}

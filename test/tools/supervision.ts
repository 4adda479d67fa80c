import { afterEach, beforeEach, type Mock, vi } from "vitest";
import type { Agent } from "../../src/core/agent.ts";
import type { Health } from "../../src/core/health.ts";
import { type Life, rung } from "../../src/core/life.ts";
import type { Log } from "../../src/core/log.ts";
import type { Plan } from "../../src/core/plan.ts";
import { Supervisor } from "../../src/core/supervisor.ts";

export const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** What happened, in order, and the log. */
export let story: string[];
export let log: Record<keyof Log, Mock<Log["info"]>>;
export let supervisor: Supervisor;

beforeEach(() => {
  vi.useFakeTimers();
  story = [];
  log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  supervisor = new Supervisor({ log, backoff: (failures) => (failures + 1) * 1_000 });
});
afterEach(() => void vi.useRealTimers());

export type Run = (life: Life, health: Health) => Promise<void>;

/** An agent that runs until it is told to stop, and then takes `finish` milliseconds. */
export function runs(finish = 0): Run {
  return async ({ stop, kill }) => {
    await rung(stop);
    if (finish === 0) return;
    await Promise.race([rung(kill), new Promise((resolve) => setTimeout(resolve, finish))]);
  };
}

export function plan(name: string, options: Partial<Plan> & { run?: Run; version?: string } = {}): Plan {
  const { run = runs(), version = "1", ...rest } = options;
  return {
    name,
    kind: "test",
    fingerprint: version,
    watches: [],
    claims: [],
    grace: 10_000,
    create: (health): Agent => {
      story.push(`${name} ${version} created`);
      return {
        run: async (life) => {
          const end = () => story.push(`${name} ${version} ended: ${life.stop.reason}`);
          await run(life, health).finally(end);
        },
      };
    },
    ...rest,
  };
}

export const standing = (name: string) => supervisor.ward(name)?.health.standing;
export const nothing = { started: [], restarted: [], stopped: [], kept: [], refused: [] };

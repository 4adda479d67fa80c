import type { Health } from "../../core/health.ts";
import type { Supervisor } from "../../core/supervisor.ts";

/** An agent that has not come up after this long, in milliseconds, waits for something outside: that is no mistake of its configuration. */
const SOON = 3_000;

/**
 * Waits until an agent has come up, or has shown that it cannot. One that still waits for the outside, or that nobody
 * lets run, is taken as it is. @returns why it cannot start, if it cannot
 */
export function whyNotStarted(supervisor: Supervisor, name: string): Promise<string | undefined> {
  const health = supervisor.ward(name)?.health;
  if (!health) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const end = (why: string | undefined) => {
      forget();
      clearTimeout(timer);
      resolve(why);
    };
    const look = () => {
      const why = whyNot(health);
      if (why !== undefined || health.phase !== "starting") end(why);
    };
    const forget = health.watch(look);
    const timer = setTimeout(() => end(undefined), SOON);
    look();
  });
}

/** It fell, or another program has its address. */
function whyNot(health: Health): string | undefined {
  if (health.phase === "failed") return health.problem?.message ?? "it fell";
  if (health.phase !== "starting") return undefined;
  return health.report().parts.find(({ problem }) => problem?.code === "door_taken")?.problem?.message;
}

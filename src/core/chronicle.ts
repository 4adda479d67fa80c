import type { Health } from "./health.ts";
import type { Log } from "./log.ts";
import { DeniedProblem } from "./problems.ts";

/** Writes into the log when a part of an agent goes down, why, and when it is up again. */
export function chronicle(health: Health, log: Log, agent: string): void {
  const down = new Set<string>();
  health.watch((part) => {
    if (part?.state === "down" && part.problem) {
      down.add(part.name);
      const fields = { agent, part: part.name, ...part.problem.toJSON(), ...retryIn(part.retryAt) };
      // Where a person must act, it is louder.
      if (part.problem instanceof DeniedProblem) log.error(fields, "part is down");
      else log.warn(fields, "part is down");
    } else if (part?.state === "up" && down.delete(part.name)) {
      log.info({ agent, part: part.name }, "part is up again");
    }
  });
}

function retryIn(retryAt: number | undefined): { retry_in_ms?: number } {
  return retryAt === undefined ? {} : { retry_in_ms: Math.max(0, Math.round(retryAt - Date.now())) };
}

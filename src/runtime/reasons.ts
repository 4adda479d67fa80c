import type { HealthReport } from "../core/health.ts";

/** Why an agent is not well, one line for each cause. */
export function reasons(status: HealthReport): string[] {
  const parts = status.parts.flatMap(({ name, problem }) => (problem ? [`${name}: ${problem.message}`] : []));
  return status.problem && status.standing === "failed" ? [status.problem.message, ...parts] : parts;
}

import type { AgentConfig } from "../config/load.ts";
import type { HealthReport, HealthView } from "../core/health.ts";
import type { Pulse } from "./pulse.ts";

/** Who decides what an agent is: a file of the configuration, or whoever managed it through the API. */
export type Owner =
  | { readonly managed: false; readonly at: string }
  | { readonly managed: true; readonly file: string };

/** What one agent is, for the API and the command line. */
export interface AgentStatus extends HealthReport {
  readonly name: string;
  readonly kind: string;
  readonly required: boolean;
  readonly owner: Owner;
  /** How it fared in the last few seconds; undefined before it was looked at. */
  readonly pulse?: Pulse;
}

/** What is known of an agent besides its configuration. */
export interface Known {
  /** undefined if it could not even be created. */
  readonly health: HealthView | undefined;
  readonly pulse: Pulse | undefined;
  /** Why it could not be created, or not be replaced. */
  readonly refused: string | undefined;
  /** When the process began, in milliseconds since 1970. */
  readonly since: number;
}

export function statusOf(
  name: string,
  agent: AgentConfig,
  { health, pulse, refused, since }: Known,
): AgentStatus {
  const { kind, required, at, file } = agent;
  const owner: Owner = file === undefined ? { managed: false, at } : { managed: true, file };
  const report = health?.report() ?? neverRan(since, refused);
  return { name, kind: kind.kind, required, owner, ...report, ...(pulse && { pulse }) };
}

function neverRan(since: number, why: string | undefined): HealthReport {
  const problem = why === undefined ? {} : { problem: { code: "agent_cannot_start", message: why } };
  return { standing: "stopped", since, restarts: 0, parts: [], ...problem };
}

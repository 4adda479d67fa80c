import type { Agent } from "./agent.ts";
import type { Health } from "./health.ts";

/** What should run: an agent with its parsed configuration. */
export interface Plan {
  readonly name: string;
  readonly kind: string;
  /** Two plans with equal fingerprints run the same agent. */
  readonly fingerprint: string;
  /** Names of the agents it looks at; at shutdown they are told to stop after it. */
  readonly watches: readonly string[];
  /** What it takes for itself, such as a listening port; it starts after those who leave the same. */
  readonly claims: readonly string[];
  /** How long it may take to finish after `stop`, in milliseconds. */
  readonly grace: number;
  /** Wires the agent up. Throwing refuses the plan. */
  create(health: Health): Agent;
}

/** What applying plans did, by name. */
export interface Applied {
  readonly started: readonly string[];
  readonly restarted: readonly string[];
  readonly stopped: readonly string[];
  readonly kept: readonly string[];
  readonly refused: readonly { readonly name: string; readonly reason: string }[];
}

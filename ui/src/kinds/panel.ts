import type { AgentDetail, AgentStatus } from "../api/types.ts";

export interface PanelProps {
  readonly status: AgentStatus;
  readonly detail: AgentDetail;
  readonly refresh: () => Promise<void>;
}

/** What an agent tells of itself, as its kind tells it. */
export function told<T>({ detail }: PanelProps): T {
  return (detail.inspect ?? {}) as T;
}

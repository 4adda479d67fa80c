import type { Outrider } from "../outrider.ts";
import { reasons } from "../reasons.ts";
import type { AgentStatus } from "../status.ts";

export interface Readiness {
  readonly ready: boolean;
  /** Who is not quite well, and why. */
  readonly agents: readonly {
    readonly name: string;
    readonly standing: string;
    readonly why: readonly string[];
  }[];
}

/** Ready when every required agent is ready or degraded. */
export function readiness(statuses: readonly AgentStatus[]): Readiness {
  const voting = statuses.filter(({ required }) => required);
  const ready = voting.every(({ standing }) => standing === "ready" || standing === "degraded");
  const ailing = statuses.filter(({ standing }) => standing !== "ready");
  return {
    ready,
    agents: ailing.map((status) => ({ name: status.name, standing: status.standing, why: reasons(status) })),
  };
}

/** Resolves when every required agent is ready. */
export function whenReady(outrider: Outrider): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!readiness(outrider.statuses()).ready) return;
      forget();
      resolve();
    };
    const forget = outrider.supervisor.watch(look);
    look();
  });
}

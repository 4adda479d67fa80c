import type { Standing } from "../../core/health.ts";
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
  const ready = statuses.every(({ required, standing }) => !required || serves(standing));
  const ailing = statuses.filter(({ standing }) => standing !== "ready");
  return {
    ready,
    agents: ailing.map((status) => ({ name: status.name, standing: status.standing, why: reasons(status) })),
  };
}

/** Resolves when every required agent is ready. */
export function whenReady(outrider: Outrider): Promise<void> {
  return new Promise((resolve) => {
    // Kept up to date: a look at all whenever one of a thousand changes would take half a minute.
    const unready = new Set<string>();
    const note = (name: string) =>
      void (isMissing(outrider, name) ? unready.add(name) : unready.delete(name));
    const decide = () => {
      if (unready.size > 0) return;
      for (const forget of watching) forget();
      resolve();
    };
    const lookAtAll = () => {
      unready.clear();
      for (const name of outrider.config.agents.keys()) note(name);
      decide();
    };
    const lookAt = (name: string) => {
      note(name);
      decide();
    };
    const watching = [outrider.supervisor.watch(lookAt), outrider.reloads.watch(lookAtAll)];
    lookAtAll();
  });
}

/** Whether it keeps the process from being ready. */
function isMissing({ config, supervisor }: Outrider, name: string): boolean {
  const { required = false } = config.agents.get(name) ?? {};
  return required && !serves(supervisor.ward(name)?.health.standing);
}

function serves(standing: Standing | undefined): boolean {
  return standing === "ready" || standing === "degraded";
}

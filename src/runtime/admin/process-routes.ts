import type { AgentKind } from "../../core/agent.ts";
import { presentable } from "../../core/secret.ts";
import { schemaOf } from "../managed/secrets.ts";
import type { Outrider } from "../outrider.ts";
import { version } from "../version.ts";
import { actionsOf, wholeNumber } from "./agent-routes.ts";
import { readiness } from "./readiness.ts";
import type { Route } from "./route.ts";

/** How the process is, and what it can do. */
export const processRoutes: readonly Route[] = [
  {
    method: "get",
    path: "/livez",
    summary: "Whether the process turns.",
    open: true,
    answer: () => ({ json: { live: true } }),
  },
  {
    method: "get",
    path: "/readyz",
    summary: "Whether every required agent is ready or degraded; 503 with who is not, and why.",
    open: true,
    answer: (outrider) => {
      const { ready, agents } = readiness(outrider.statuses());
      return { status: ready ? 200 : 503, json: { ready, agents } };
    },
  },
  {
    method: "get",
    path: "/api/process",
    summary: "The process: version, files, what it uses, and what would only change with a restart.",
    answer: (outrider) => ({ json: processOf(outrider) }),
  },
  {
    method: "get",
    path: "/api/log",
    summary: "The last lines of the log, the oldest first.",
    query: { lines: "At most so many. Default 200." },
    answer: (outrider, { query }) => ({
      json: { lines: outrider.tail.lines(wholeNumber(query, "lines", 200)) },
    }),
  },
  {
    method: "post",
    path: "/api/reload",
    summary:
      "Reads the configuration again and changes only what changed; says what was started, restarted, stopped, kept and refused.",
    answer: async (outrider) => ({ json: await outrider.reload() }),
  },
  {
    method: "get",
    path: "/api/kinds",
    summary:
      "The kinds of agents this process can run: the JSON Schema of their configuration and actions, and a small example.",
    answer: (outrider) => ({ json: { kinds: outrider.kinds.map(kindOf) } }),
  },
];

function kindOf(kind: AgentKind): object {
  return {
    kind: kind.kind,
    summary: kind.summary,
    config: schemaOf(kind),
    ...(kind.example && { example: { kind: kind.kind, ...kind.example } }),
    actions: actionsOf(kind),
  };
}

function processOf(outrider: Outrider): object {
  const { config, pulses } = outrider;
  const { reporting } = outrider.fleet.show();
  return {
    name: outrider.name,
    version,
    pid: process.pid,
    started_at: outrider.startedAt,
    node: process.version,
    config_files: config.files,
    agents: config.agents.size,
    kinds: outrider.kinds.map(({ kind }) => kind),
    memory: { rss: process.memoryUsage.rss() },
    cpu_percent: pulses.cpuPercent,
    log_level: config.log.level,
    managed_dir: outrider.managedDir,
    managed_left: outrider.roster.left,
    needs_restart: outrider.needsRestart,
    ...(reporting && { reporting: presentable(reporting) }),
  };
}

import { defineCommand } from "citty";
import type { AgentStatus } from "../runtime/status.ts";
import { AdminClient } from "./client.ts";
import { exit } from "./exit.ts";
import { adminOptions } from "./options.ts";
import { ago, table } from "./table.ts";

/** `outrider status`: how every agent of a running Outrider is. */
export const status = defineCommand({
  meta: { name: "status", description: "Show how every agent of a running Outrider is" },
  args: { ...adminOptions, json: { type: "boolean", description: "Print JSON instead of a table." } },
  run: async ({ args }) => {
    const { agents } = await new AdminClient(args).ask<{ agents: AgentStatus[] }>("GET", "/api/agents");
    console.log(args.json ? JSON.stringify(agents, undefined, 2) : draw(agents));
    return agents.every(({ standing }) => standing === "ready" || standing === "degraded")
      ? exit.ok
      : exit.failed;
  },
});

function draw(agents: readonly AgentStatus[]): string {
  const rows = agents.map((agent) => [
    agent.name,
    agent.kind,
    agent.standing,
    ago(agent.since),
    String(agent.restarts),
    agent.lag === undefined ? "-" : ago(Date.now() - agent.lag),
    parts(agent),
  ]);
  const why = agents.flatMap(({ name, problem, standing, parts: each }) => [
    ...(problem && standing === "failed" ? [`${name}: ${problem.message}`] : []),
    ...each.flatMap((part) =>
      part.problem ? [`${name}, ${part.name}: ${part.problem.message}\n  ${part.problem.remedy}`] : [],
    ),
  ]);
  const head = ["NAME", "KIND", "STATE", "FOR", "RESTARTS", "LAG", "PARTS"];
  return [table([head, ...rows]), ...(why.length > 0 ? ["", ...why] : [])].join("\n");
}

function parts({ parts: each }: AgentStatus): string {
  return each.map(({ name, state }) => (state === "up" ? name : `${name} ${state}`)).join(", ");
}

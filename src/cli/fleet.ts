import { defineCommand } from "citty";
import type { NodeReport } from "../runtime/fleet/book.ts";
import type { FleetShown } from "../runtime/fleet/fleet.ts";
import type { Entry } from "../runtime/fleet/record.ts";
import type { Reporting } from "../runtime/fleet/reporter.ts";
import { AdminClient } from "./client.ts";
import { exit, UsageError } from "./exit.ts";
import { adminOptions } from "./options.ts";
import { ago, table } from "./table.ts";

/** `outrider fleet`: every process that reports to a running Outrider, or what has happened to one of them. */
export const fleet = defineCommand({
  meta: {
    name: "fleet",
    description: "Show every process that reports to a running Outrider, or what has happened to one",
  },
  args: {
    ...adminOptions,
    json: { type: "boolean", description: "Print JSON instead of a table." },
    forget: { type: "boolean", description: "Forget the process that is named, and its history." },
    name: { type: "positional", required: false, description: "A process, to see what has happened to it." },
  },
  run: async ({ args }) => {
    if (args.forget && args.name === undefined) throw new UsageError("name the process to forget");
    const client = new AdminClient(args);
    const path = `/api/fleet/${encodeURIComponent(args.name ?? "")}`;
    if (args.forget) return forget(client, path, args.name!);
    if (args.name === undefined) return showAll(client, args.json);
    const { entries } = await client.ask<{ entries: Entry[] }>("GET", `${path}/history`);
    console.log(args.json ? JSON.stringify(entries, undefined, 2) : drawHistory(entries));
    return exit.ok;
  },
});

async function forget(client: AdminClient, path: string, name: string): Promise<number> {
  await client.ask("DELETE", path);
  console.log(`${name} is forgotten`);
  return exit.ok;
}

async function showAll(client: AdminClient, json: boolean | undefined): Promise<number> {
  const shown = await client.ask<FleetShown>("GET", "/api/fleet");
  console.log(json ? JSON.stringify(shown, undefined, 2) : draw(shown));
  const { nodes, reporting } = shown;
  const well = nodes.every(
    ({ online, standing }) => online && (standing === "ready" || standing === "degraded"),
  );
  return well && reporting?.state !== "down" ? exit.ok : exit.failed;
}

function draw({ listening, nodes, reporting }: FleetShown): string {
  if (reporting) return drawReporting(reporting);
  if (!listening) return "this process neither reports nor takes reports: see `fleet` in the reference";
  const head = ["NAME", "VERSION", "STATE", "LAST SEEN", "LAST SYNC", "AGENTS", "ADDRESS"];
  return [table([head, ...nodes.map(row)]), ...nodes.flatMap(why)].join("\n");
}

function row(node: NodeReport): string[] {
  const { name, version, online, standing, last_seen, last_sync, agents_total, address } = node;
  const state = online || standing === "stopped" ? standing : "offline";
  const synced = last_sync === undefined ? "-" : `${ago(last_sync)} ago`;
  return [name, version, state, `${ago(last_seen)} ago`, synced, String(agents_total), address];
}

/** What a person should know of a process, a line each. */
function why({ name, agents, online, conflict = [] }: NodeReport): string[] {
  const ailing = online ? agents.filter(({ standing }) => standing !== "ready") : [];
  return [
    ...conflict.map(
      (other) => `${name}: ${other} reports under the same name; give each its own \`fleet.name\``,
    ),
    ...ailing.map((agent) => `${name}, ${agent.name}: ${[agent.standing, ...(agent.why ?? [])].join(": ")}`),
  ];
}

function drawReporting({ to, name, state, last_report, problem, conflict }: Reporting): string {
  const last = last_report === undefined ? "" : `, last ${ago(last_report)} ago`;
  return [
    `this process reports to ${to} as ${name}: ${state}${last}`,
    ...(problem ? [`${problem.message}\n  ${problem.remedy}`] : []),
    ...(conflict ? [`${conflict} reports under the same name; give each its own \`fleet.name\``] : []),
  ].join("\n");
}

function drawHistory(entries: readonly Entry[]): string {
  const rows = entries.map(({ at, event, ...more }) => [new Date(at).toISOString(), event, words(more)]);
  return table([["AT", "EVENT", "DETAILS"], ...rows]);
}

function words(details: object): string {
  return Object.entries(details)
    .map(([name, value]) => `${name}=${wordOf(name, value)}`)
    .join(" ");
}

function wordOf(name: string, value: unknown): string {
  if (name === "last_seen") return new Date(Number(value)).toISOString();
  if (value === null || typeof value !== "object") return String(value);
  return Object.entries(value)
    .map(([agent, standing]) => `${agent}:${standing}`)
    .join(",");
}

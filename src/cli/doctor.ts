import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { defineCommand } from "citty";
import { examine } from "../agents/haproxy/doctor.ts";
import { type Shown, shownBy } from "../agents/haproxy/shown.ts";
import type { Finding } from "../agents/haproxy/symptoms.ts";
import { parseServersState, parseStats, type Row } from "../agents/haproxy/tables.ts";
import { type AgentReport, type Told, toldBy } from "../agents/haproxy/told.ts";
import { LinkProblem, messageOf } from "../core/problems.ts";
import { askHaproxy } from "../wire/haproxy-socket.ts";
import { type AdminArgs, AdminClient, Unavailable } from "./client.ts";
import { exit, UsageError } from "./exit.ts";
import { adminOptions } from "./options.ts";

/** `outrider doctor haproxy`: compares what HAProxy shows with what the agents say. */
export const doctor = defineCommand({
  meta: {
    name: "doctor",
    description: "Compare what HAProxy shows of its agent checks with what the running agents say",
  },
  args: {
    kind: { type: "positional", required: true, description: "`haproxy` is the one kind that has a doctor." },
    socket: {
      type: "string",
      description: "HAProxy's runtime socket (`stats socket`): a path, or host:port.",
      valueHint: "path",
    },
    stats: {
      type: "string",
      description: "A file with HAProxy's statistics as CSV, where there is no socket.",
      valueHint: "file",
    },
    ...adminOptions,
  },
  run: async ({ args }) => {
    const { kind, socket, stats } = args;
    if (kind !== "haproxy")
      throw new UsageError(`there is no doctor for "${kind}", write \`doctor haproxy\``);
    if ((socket === undefined) === (stats === undefined)) throw new UsageError("give --socket or --stats");
    try {
      const servers = socket === undefined ? readStats(stats!) : await askServers(socket);
      return report(servers, examine(servers, await askAgents(args)));
    } catch (error) {
      if (!(error instanceof LinkProblem)) throw error;
      console.error(`${messageOf(error)}\n${error.remedy}`);
      return exit.unavailable;
    }
  },
});

function report(servers: readonly Shown[], findings: readonly Finding[]): number {
  for (const { severity, place, what, remedy } of findings) {
    console.log(`${severity.padEnd(9)}${place}: ${what}\n${" ".repeat(9)}${remedy}`);
  }
  const names = servers.map(({ name }) => name).join(", ") || "no server has an agent check";
  if (findings.length === 0) console.log(`nothing is wrong (${names})`);
  return findings.length === 0 ? exit.ok : exit.failed;
}

function readStats(file: string): Shown[] {
  try {
    return shownBy(parseStats(readFileSync(file, "utf8")), []);
  } catch (error) {
    throw new UsageError(`${file}: ${messageOf(error)}`);
  }
}

/** How often, and how long apart in milliseconds, a server is looked at to find it between two checks. */
const LOOKS = 20;
const APART = 50;

async function askServers(socket: string): Promise<Shown[]> {
  const seen = new Map<string, Row>();
  const states = parseServersState(await askHaproxy(socket, "show servers state"));
  for (let look = 0; look < LOOKS; look++) {
    let checking = false;
    for (const row of parseStats(await askHaproxy(socket, "show stat"))) {
      const name = `${row["pxname"]}/${row["svname"]}`;
      // A star means that a check is under way: then the text of the last one is not shown.
      const underWay = row["agent_status"]?.startsWith("*") ?? false;
      if (!underWay || !seen.has(name)) seen.set(name, row);
      checking ||= seen.get(name)?.["agent_status"]?.startsWith("*") ?? false;
    }
    if (!checking) break;
    await pause(APART);
  }
  return shownBy([...seen.values()], states);
}

/** What the agents of the running Outrider tell; nothing if none runs and none was named. */
async function askAgents(args: AdminArgs): Promise<Told[]> {
  const client = new AdminClient(args);
  try {
    const { agents } = await client.ask<{ agents: { name: string; kind: string }[] }>("GET", "/api/agents");
    const own = agents.filter(({ kind }) => kind === "haproxy");
    const reports = own.map(({ name }) =>
      client.ask<AgentReport>("GET", `/api/agents/${encodeURIComponent(name)}`),
    );
    return (await Promise.all(reports)).flatMap((each) => toldBy(each) ?? []);
  } catch (error) {
    if (args.admin !== undefined || !(error instanceof Unavailable)) throw error;
    console.error("no Outrider answers, so HAProxy is looked at alone; name one with --admin");
    return [];
  }
}

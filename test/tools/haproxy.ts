import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseServersState, parseStats, type Row } from "../../src/agents/haproxy/tables.ts";
import { askHaproxy } from "../../src/wire/haproxy-socket.ts";
import { folder } from "./folder.ts";
import { find } from "./needs.ts";
import type { Tidy } from "./tidy.ts";
import { until } from "./until.ts";

/** What HAProxy shows of one server: its `show stat` and `show servers state` together. */
export interface Server {
  readonly op: string;
  readonly admin: string;
  readonly uweight: number;
  /** null is no limit. */
  readonly maxconn: number | null;
  readonly status: string;
  /** An agent check is under way; while it is, `lastAgent` is empty. */
  readonly checking: boolean;
  readonly agentStatus: string;
  readonly lastAgent: string;
  /** New sessions that this server got. */
  readonly sessions: number;
}

const OP = ["STOPPED", "STARTING", "RUNNING", "STOPPING"];
const ADMIN = ["FMAINT", "IMAINT", "CMAINT", "FDRAIN", "IDRAIN", "RMAINT", "HMAINT"];

/** A running HAProxy. */
export class Haproxy {
  readonly socket: string;
  readonly #child: ChildProcess;

  constructor(socket: string, child: ChildProcess) {
    this.socket = socket;
    this.#child = child;
  }

  ask(command: string): Promise<string> {
    return askHaproxy(this.socket, command);
  }

  /** Every server, by `backend/server`. */
  async servers(): Promise<Map<string, Server>> {
    const [stats, states] = [parseStats(await this.ask("show stat")), await this.ask("show servers state")];
    const state = new Map(
      parseServersState(states).map((row) => [`${row["be_name"]}/${row["srv_name"]}`, row]),
    );
    const servers = stats.flatMap((row): [string, Server][] => {
      const name = `${row["pxname"]}/${row["svname"]}`;
      const own = state.get(name);
      return own ? [[name, serverOf(row, own)]] : [];
    });
    return new Map(servers);
  }

  /** Every server as it was seen between two agent checks. */
  async atRest(): Promise<Map<string, Server>> {
    const seen = new Map<string, Server>();
    return until("every server was seen at rest", async () => {
      const servers = await this.servers();
      for (const [name, server] of servers) if (!server.checking) seen.set(name, server);
      return seen.size === servers.size && seen;
    });
  }

  async server(name: string): Promise<Server> {
    const server = (await this.servers()).get(name);
    if (!server) throw new Error(`HAProxy has no server ${name}`);
    return server;
  }

  async version(): Promise<string> {
    return /^Version: ([\d.]+)/m.exec(await this.ask("show info"))?.[1] ?? "";
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#child.on("close", resolve));
    this.#child.kill("SIGKILL");
    await ended;
  }
}

/**
 * Starts a real HAProxy with these sections; `global` and `defaults` come from here, with room for more.
 * It is stopped in the end.
 */
export async function startHaproxy(tidy: Tidy, sections: string, defaults = ""): Promise<Haproxy> {
  const home = await folder(tidy);
  const socket = join(home, "haproxy.sock");
  const file = join(home, "haproxy.cfg");
  writeFileSync(file, `${GLOBAL.replace("SOCKET", socket)}${defaults}\n${sections}\n`);
  const child = spawn(find("haproxy") ?? "haproxy", ["-db", "-f", file], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  const started = new Haproxy(socket, child);
  tidy.later(() => started.stop());
  await until("HAProxy answers", () => {
    if (child.exitCode === null) return started.ask("show info");
    throw new Error(`HAProxy ended: ${said}`);
  });
  return started;
}

const GLOBAL = `
global
  stats socket unix@SOCKET level admin
  nbthread 1
defaults
  mode tcp
  timeout connect 2s
  timeout client 30s
  timeout server 30s
`;

function serverOf(stat: Row, state: Row): Server {
  const bits = Number(state["srv_admin_state"]);
  const admin = ADMIN.filter((_, bit) => bits & (1 << bit));
  return {
    op: OP[Number(state["srv_op_state"])] ?? "",
    admin: admin.join(" ") || "none",
    uweight: Number(state["srv_uweight"]),
    maxconn: stat["slim"] === "" ? null : Number(stat["slim"]),
    status: stat["status"] ?? "",
    checking: stat["agent_status"]?.startsWith("* ") ?? false,
    agentStatus: (stat["agent_status"] ?? "").replace(/^\* /, ""),
    lastAgent: stat["last_agt"] ?? "",
    sessions: Number(stat["stot"]),
  };
}

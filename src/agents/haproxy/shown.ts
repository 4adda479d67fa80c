import type { Row } from "./tables.ts";

/** What HAProxy shows of a server that has an agent check. */
export interface Shown {
  /** `backend/server` */
  readonly name: string;
  /** How the backend balances: `roundrobin`, `static-rr` … */
  readonly algorithm: string;
  /** `L7OK`, `L4CON` … */
  readonly agentStatus: string;
  readonly lastAgent: string;
  /** The agent's last health word; undefined while nobody asks the agent. */
  readonly agentUp: boolean | undefined;
  readonly maint: boolean;
  readonly drain: boolean;
  readonly weight: number;
  /** The configured weight; undefined where only the statistics are known. */
  readonly configured: number | undefined;
  /** The port of the agent; undefined where only the statistics are known. */
  readonly port: number | undefined;
}

/** Bits of `srv_admin_state`: forced maintenance, by configuration too, and forced drain. */
const FORCED_MAINT = 1 | 4;
const FORCED_DRAIN = 8;
/** A bit of `srv_agent_state`: there is an agent check in the configuration. */
const AGENT_CONFIGURED = 2;

/**
 * The servers with an agent check.
 * @param stats the rows of `show stat`
 * @param states the rows of `show servers state`; empty where only the statistics are known
 */
export function shownBy(stats: readonly Row[], states: readonly Row[]): Shown[] {
  const state = new Map(states.map((row) => [`${row["be_name"]}/${row["srv_name"]}`, row]));
  const backends = new Map(
    stats.filter((row) => row["svname"] === "BACKEND").map((row) => [row["pxname"], row["algo"] ?? ""]),
  );
  return stats.flatMap((row) => {
    const own = state.get(`${row["pxname"]}/${row["svname"]}`);
    const asked = own ? Number(own["srv_agent_state"]) & AGENT_CONFIGURED : row["agent_rise"];
    return asked ? [serverOf(row, own, backends.get(row["pxname"]) ?? "")] : [];
  });
}

function serverOf(stat: Row, state: Row | undefined, algorithm: string): Shown {
  const admin = Number(state?.["srv_admin_state"]);
  const status = stat["status"] ?? "";
  return {
    name: `${stat["pxname"]}/${stat["svname"]}`,
    algorithm,
    // A star means that a check is under way.
    agentStatus: (stat["agent_status"] ?? "").replace(/^\* /, ""),
    lastAgent: stat["last_agt"]?.trim() ?? "",
    agentUp: stat["agent_health"] === "" ? undefined : stat["agent_health"] !== "0",
    maint: state ? (admin & FORCED_MAINT) !== 0 : status === "MAINT",
    drain: state ? (admin & FORCED_DRAIN) !== 0 : status.startsWith("DRAIN"),
    weight: Number(stat["uweight"]),
    configured: state && Number(state["srv_iweight"]),
    port: state && Number(state["srv_agent_port"]),
  };
}

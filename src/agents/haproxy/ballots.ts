import type { Neighbours } from "../../core/agent.ts";
import { maskUrl } from "../../core/secret.ts";
import { type Check, commandCheck, fileCheck, httpCheck, tcpCheck } from "../../wire/checks.ts";
import type { VotesConfig } from "./config-votes.ts";
import type { Ballot } from "./vote.ts";

/** The ballots that a configuration asks for. */
export function ballotsOf(votes: VotesConfig, neighbours: Neighbours): Ballot[] {
  return [
    ...votes.http.map(({ url, ...how }) => ({
      ...how,
      name: `http ${maskUrl(url)}`,
      look: httpCheck(url, how.timeout),
    })),
    ...votes.tcp.map(({ address, ...how }) => ({ ...how, name: `tcp ${address}`, look: tcpCheck(address) })),
    ...votes.command.map(({ run, ...how }) => ({
      ...how,
      name: `command ${run[0]}`,
      look: commandCheck(run),
    })),
    ...votes.file.map(({ path, max_age, ...how }) => ({
      ...how,
      name: `file ${path}`,
      look: fileCheck(path, max_age),
    })),
    ...votes.agents.flatMap(({ name, max_lag, every, weight }) => {
      const how = { every, weight, timeout: every, rise: 1, fall: 1 };
      const ready: Ballot = {
        ...how,
        name: `agent ${name}`,
        look: agentReady(neighbours, name),
        watch: (changed) => neighbours.watch(name, changed),
        asks: "down",
      };
      if (max_lag === undefined) return [ready];
      const fresh = agentFresh(neighbours, name, max_lag);
      return [ready, { ...how, name: `agent ${name} is fresh`, look: fresh, asks: "drain" as const }];
    }),
  ];
}

/** Well while the agent is ready, be it degraded: it serves. */
function agentReady(neighbours: Neighbours, name: string): Check {
  return async () => {
    const standing = neighbours.health(name)?.standing ?? "stopped";
    if (standing !== "ready" && standing !== "degraded") throw new Error(`${name} is ${standing}`);
  };
}

/** Well while the agent is not further behind than `most` milliseconds. What it never heard of is not behind. */
function agentFresh(neighbours: Neighbours, name: string, most: number): Check {
  return async () => {
    const lag = neighbours.health(name)?.lag();
    if (lag !== undefined && lag > most) throw new Error(`${name} is ${Math.round(lag / 1_000)} s behind`);
  };
}

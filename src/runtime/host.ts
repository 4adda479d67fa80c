import type { AgentConfig } from "../config/load.ts";
import type { Agent, Host, Neighbours } from "../core/agent.ts";
import type { Health } from "../core/health.ts";
import { FieldLog, type Log } from "../core/log.ts";
import type { Labels, Metrics } from "../core/metrics.ts";
import type { House } from "../wire/doors.ts";
import { FileSnapshot } from "../wire/snapshot.ts";
import { Spool } from "../wire/spool.ts";
import { claimsOf } from "./plan.ts";
import { type ShownSpool, spoolsShownBy } from "./spool-metrics.ts";
import { suffixOf } from "./suffix.ts";
import { awaitDoor, watchedDoors } from "./watched-doors.ts";

/** What the process has to give. */
export interface Household {
  readonly log: Log;
  readonly metrics: { for(own: Labels): Metrics };
  readonly house: House;
  readonly neighbours: Neighbours;
  /** Where snapshots and spools are kept. */
  readonly stateDir: string;
}

/** Wires an agent up with everything it may ask of the process. */
export function settle(household: Household, name: string, agent: AgentConfig, health: Health): Agent {
  if (claimsOf(agent).length > 0) awaitDoor(health);
  return agent.kind.create(agent.config, hostOf(household, name, agent.kind.kind, health));
}

/** What one agent may ask of the process. */
export function hostOf(household: Household, name: string, kind: string, health: Health): Host {
  const { stateDir, house, neighbours } = household;
  const metrics = household.metrics.for({ agent: name, kind });
  let spools: Map<string, ShownSpool> | undefined;
  // In one piece: what `join` makes of so many parts takes five times the room, in each agent.
  const below = (folder: string, file: string) => `${stateDir}/${folder}/${file}`;
  const snapshotFile = (part: string) => below("snapshots", `${name}${suffixOf(part)}.snap`);
  return {
    name,
    log: new FieldLog(household.log, { agent: name, kind }),
    metrics,
    health,
    doors: watchedDoors(house.for(name), health),
    neighbours,
    snapshot: (part = "", codec) => new FileSnapshot(snapshotFile(part), `${kind}/${name}/${part}`, codec),
    file: (file) => below("files", `${name}/${file}`),
    spool: (feed, { name: part = "", ...limits }) => {
      const parts = { link: limits.link ?? health.part("link"), room: () => health.part("spool") };
      const folder = below("spools", `${name}${suffixOf(part)}`);
      const spool = new Spool(feed, { ...parts, ...limits, folder });
      spools ??= spoolsShownBy(metrics);
      spools.set(part, spool);
      return spool;
    },
  };
}

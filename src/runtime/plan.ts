import { createHash } from "node:crypto";
import { type AgentConfig, type Config, refusal } from "../config/load.ts";
import { type Path, pathText } from "../config/places.ts";
import { hint } from "../config/suggest.ts";
import { overlap, splitAddress } from "../config/units.ts";
import type { Agent, Claim } from "../core/agent.ts";
import type { Health } from "../core/health.ts";
import type { Plan } from "../core/plan.ts";
import type { Mistake } from "../core/problems.ts";

/** What the runtime gives to wire one agent up. */
export type Wire = (name: string, agent: AgentConfig, health: Health) => Agent;

/** From configuration to plans. Throws ConfigProblem for addresses that clash and agents that do not exist. */
export function plansOf(config: Config, wire: Wire): Plan[] {
  checkPlans(config);
  return [...config.agents].map(([name, agent]) => ({
    name,
    kind: agent.kind.kind,
    fingerprint: fingerprintOf(agent),
    watches: agent.kind.watches?.(agent.config) ?? [],
    claims: claimsOf(agent).flatMap(portOf),
    grace: agent.grace ?? config.grace,
    create: (health) => wire(name, agent, health),
  }));
}

/** What single schemas cannot see. Throws ConfigProblem. */
export function checkPlans(config: Config): void {
  const mistakes = planMistakes(config);
  if (mistakes.length > 0) throw refusal(mistakes.map(({ mistake }) => mistake));
}

/** A mistake, and the agent that would have to change; "" for what is no agent's. */
export interface PlanMistake {
  readonly agent: string;
  readonly mistake: Mistake;
}

/** Every mistake that single schemas cannot see; of two agents that clash, the later one has it. */
export function planMistakes(config: Config): PlanMistake[] {
  return [...clashes(config), ...strangers(config)];
}

/** The addresses of an agent. */
export function claimsOf(agent: AgentConfig): readonly Claim[] {
  return agent.kind.claims?.(agent.config) ?? [];
}

/** What only one can have of an address: a port, or a path. Port 0 is always a free one. */
function portOf({ address }: Claim): string[] {
  const listen = splitAddress(address);
  if ("path" in listen) return [listen.path];
  return listen.port === 0 ? [] : [String(listen.port)];
}

/**
 * Over what was written, not over what became of it: that may hold things, such as regular expressions, that look
 * alike when written down.
 */
function fingerprintOf({ given }: AgentConfig): string {
  // `required` is a matter of readiness alone.
  const { required, ...own } = given;
  return createHash("sha256").update(JSON.stringify(own)).digest("base64");
}

interface Claimed extends Claim {
  readonly who: string;
  readonly path: Path;
}

function clashes(config: Config): PlanMistake[] {
  const seen = new Map<string, Claimed[]>();
  const mistakes: PlanMistake[] = [];
  const add = (agent: string, claimed: Claimed) => {
    const ports = portOf(claimed);
    const same = ports.flatMap((port) => seen.get(port) ?? []);
    const other = same.find((one) => excludes(one, claimed));
    for (const port of ports) seen.set(port, [...(seen.get(port) ?? []), claimed]);
    if (other) mistakes.push({ agent, mistake: clash(claimed, other, config) });
  };
  const { admin, fleet } = config;
  if (admin) add("", { who: "the admin API", path: ["admin", "listen"], address: admin.listen, alone: true });
  if (typeof fleet?.listen === "string")
    add("", { who: "the fleet's door", path: ["fleet", "listen"], address: fleet.listen, alone: true });
  for (const [name, agent] of config.agents) {
    const path = ["agents", name, "listen"];
    for (const claim of claimsOf(agent)) add(name, { ...claim, who: `agents.${name}`, path });
  }
  return mistakes;
}

function clash({ path, address, alone }: Claimed, other: Claimed, { places }: Config): Mistake {
  const message = `${pathText(path)}: ${address} is claimed by ${other.who} at ${places.ofValue(other.path)}, choose another address${alone ? "" : " or different hosts"}`;
  return { at: places.ofValue(path), message };
}

function excludes(one: Claim, other: Claim): boolean {
  if (!overlap(one.address, other.address)) return false;
  if (one.alone || other.alone || one.address !== other.address) return true;
  if (!one.hosts || !other.hosts) return one.hosts === other.hosts;
  return one.hosts.some((host) => other.hosts?.includes(host));
}

function strangers(config: Config): PlanMistake[] {
  const known = [...config.agents.keys()];
  const mistakes: PlanMistake[] = [];
  for (const [name, agent] of config.agents) {
    for (const watched of agent.kind.watches?.(agent.config) ?? []) {
      const message =
        watched === name
          ? `agents.${name}: looks at itself, name another agent`
          : `agents.${name}: there is no agent "${watched}"${hint(watched, known)}`;
      if (watched === name || !config.agents.has(watched)) {
        mistakes.push({ agent: name, mistake: { at: config.places.ofKey(["agents", name]), message } });
      }
    }
  }
  return mistakes;
}

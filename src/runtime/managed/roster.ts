import type { AgentConfig, Config } from "../../config/load.ts";
import { Places } from "../../config/places.ts";
import { planMistakes } from "../plan.ts";
import type { Left, Managed } from "./folder.ts";
import { refused } from "./given.ts";

/** Who is to run: the agents of the configuration's files, and those that were made through the API. */
export interface Roster {
  readonly file: Config;
  readonly managed: ReadonlyMap<string, Managed>;
  /** Both as one. */
  readonly config: Config;
  /** Managed agents that cannot have a place in it, and why. */
  readonly left: readonly Left[];
}

/**
 * The files count: a managed agent of a name that is in them, or that claims what another has, is left out.
 * @param unread files of managed agents that could not be read
 */
export function rosterOf(
  file: Config,
  managed: ReadonlyMap<string, Managed>,
  unread: readonly Left[] = [],
): Roster {
  const left: Left[] = [...unread];
  const taken = new Map(managed);
  const leave = (name: string, message: string) => {
    if (taken.delete(name)) left.push({ name, file: managed.get(name)?.agent.file ?? "", message });
  };
  for (const { name, at } of shadowed(file, managed)) {
    leave(name, `the agent is also written at ${at}, which counts; remove one of them`);
  }
  for (;;) {
    const config = gathered(file, taken);
    const wrong = planMistakes(config).filter(({ agent }) => taken.has(agent));
    if (wrong.length === 0) return { file, managed, config, left };
    for (const { agent, mistake } of wrong) leave(agent, mistake.message);
  }
}

/** A roster in which one managed agent is another, or gone. Throws ConfigProblem if somebody had to be left out for it. */
export function changed(roster: Roster, name: string, agent: Managed | undefined): Roster {
  const managed = new Map(roster.managed);
  if (agent) managed.set(name, agent);
  else managed.delete(name);
  const unread = roster.left.filter((each) => !roster.managed.has(each.name) && each.name !== name);
  const next = rosterOf(roster.file, managed, unread);
  const before = new Set(roster.left.map((each) => each.name));
  const fresh = next.left.filter((each) => each.name === name || !before.has(each.name));
  const orphans = planMistakes(next.config).map(({ mistake }) => mistake.message);
  if (fresh.length === 0 && orphans.length === 0) return next;
  throw refused([
    ...fresh.map(({ message }) => within(name, message)),
    ...orphans.map((message) => ({ at: "", message })),
  ]);
}

/** A mistake of an agent stands at a path inside of it. */
function within(name: string, message: string): { at: string; message: string } {
  const own = `agents.${name}.`;
  const end = message.indexOf(": ");
  if (!message.startsWith(own) || end < 0) return { at: "", message };
  return { at: message.slice(own.length, end), message: message.slice(end + 2) };
}

function shadowed(file: Config, managed: ReadonlyMap<string, Managed>): AgentPlace[] {
  return [...managed.keys()].flatMap((name) => {
    const at = file.agents.get(name)?.at;
    return at === undefined ? [] : [{ name, at }];
  });
}

interface AgentPlace {
  readonly name: string;
  readonly at: string;
}

function gathered(file: Config, managed: ReadonlyMap<string, Managed>): Config {
  if (managed.size === 0) return file;
  const agents = new Map<string, AgentConfig>(file.agents);
  const places = new Places();
  places.adopt(file.places);
  for (const [name, each] of managed) {
    agents.set(name, each.agent);
    places.adopt(each.places);
  }
  return { ...file, agents, places };
}

import { computed, signal } from "@preact/signals";
import type { AgentStatus, Standing } from "../api/types.ts";
import { allAgents, newestOf, pulse, version } from "../live/agents.ts";
import { standings } from "../look/standing.tsx";

export type Order = "state" | "name" | "rate" | "age";

/** What the overview shows; it outlives a look at one agent. */
export const search = signal("");
export const wantedStanding = signal<Standing | undefined>(undefined);
export const wantedKind = signal<string | undefined>(undefined);
export const order = signal<Order>("state");

const all = computed(() => {
  version.value;
  return allAgents();
});

export const total = computed(() => all.value.length);

export const byStanding = computed(() => tally(all.value.map(({ standing }) => standing)));
export const byKind = computed(() => tally(all.value.map(({ kind }) => kind)));

/** The agents that were asked for, in the order that was asked for. */
export const chosen = computed(() => {
  if (order.value === "rate") pulse.value;
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const fitting = all.value.filter(
    (agent) =>
      (wantedStanding.value === undefined || agent.standing === wantedStanding.value) &&
      (wantedKind.value === undefined || agent.kind === wantedKind.value) &&
      words.every((word) => textOf(agent).includes(word)),
  );
  return fitting.sort((a, b) => compare[order.value](a, b) || a.name.localeCompare(b.name));
});

const rank = new Map(standings.map((standing, index) => [standing, index]));

const compare: Record<Order, (a: AgentStatus, b: AgentStatus) => number> = {
  state: (a, b) => rank.get(a.standing)! - rank.get(b.standing)!,
  name: () => 0,
  rate: (a, b) => rateOf(b) - rateOf(a),
  age: (a, b) => (b.lag ?? -1) - (a.lag ?? -1),
};

function rateOf({ name, pulse: newest }: AgentStatus): number {
  return newestOf(name)?.[1] ?? newest?.rate ?? 0;
}

function textOf({ name, kind, standing, parts, problem }: AgentStatus): string {
  const reasons = parts.map((part) => part.problem?.message ?? "").join(" ");
  return `${name} ${kind} ${standing} ${problem?.message ?? ""} ${reasons}`.toLowerCase();
}

function tally<T>(values: readonly T[]): ReadonlyMap<T, number> {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

export function forgetChoice(): void {
  search.value = "";
  wantedStanding.value = undefined;
  wantedKind.value = undefined;
}

import { batch, type Signal, signal } from "@preact/signals";
import type { AgentStatus, Sample } from "../api/types.ts";

/** So many samples are kept of each agent: 15 minutes, as the process does. */
const MOST = 180;
/** News is shown at most this often, in milliseconds, however many there are. */
const PACE = 100;

/** Every agent by its name. A row looks at its own signal alone, so a change of one costs one row. */
const agents = new Map<string, Signal<AgentStatus>>();
const samples = new Map<string, Sample[]>();

/** Changes whenever any agent does, for lists and sums. */
export const version = signal(0);
/** Changes with each pulse: every five seconds. */
export const pulse = signal(0);
/** Whether the list has been read once. */
export const known = signal(false);

let news = new Map<string, AgentStatus | undefined>();
let timer: ReturnType<typeof setTimeout> | undefined;

export function agentOf(name: string): Signal<AgentStatus> | undefined {
  return agents.get(name);
}

export function allAgents(): AgentStatus[] {
  return [...agents.values()].map((each) => each.peek());
}

export function samplesOf(name: string): readonly Sample[] {
  return samples.get(name) ?? [];
}

/** The whole list, as after a new connection. */
export function replaceAll(all: readonly AgentStatus[]): void {
  const names = new Set(all.map(({ name }) => name));
  for (const name of agents.keys()) if (!names.has(name)) news.set(name, undefined);
  for (const each of all) news.set(each.name, each);
  batch(() => {
    flush();
    known.value = true;
  });
}

export function take(status: AgentStatus): void {
  news.set(status.name, status);
  timer ??= setTimeout(flush, PACE);
}

export function gone(name: string): void {
  news.set(name, undefined);
  timer ??= setTimeout(flush, PACE);
}

/** A new sample of many agents: rate, errors, latency, age. */
export function beat(at: number, rows: Readonly<Record<string, readonly unknown[]>>): void {
  for (const [name, row] of Object.entries(rows)) append(name, [at, ...row] as unknown as Sample);
  pulse.value++;
}

/** What the process remembers of an agent; what we saw ourselves after that is kept. */
export function remember(name: string, past: readonly Sample[]): void {
  const last = past.at(-1)?.[0] ?? 0;
  const newer = samplesOf(name).filter(([at]) => at > last);
  samples.set(name, [...past, ...newer].slice(-MOST));
  pulse.value++;
}

function append(name: string, sample: Sample): void {
  const kept = samples.get(name) ?? [];
  kept.push(sample);
  if (kept.length > MOST) kept.shift();
  samples.set(name, kept);
}

function flush(): void {
  clearTimeout(timer);
  timer = undefined;
  const taken = news;
  news = new Map();
  batch(() => {
    for (const [name, status] of taken) put(name, status);
    version.value++;
  });
}

function put(name: string, status: AgentStatus | undefined): void {
  const there = agents.get(name);
  if (!status) {
    agents.delete(name);
    samples.delete(name);
  } else if (there) there.value = status;
  else agents.set(name, signal(status));
}

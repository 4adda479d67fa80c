import { batch, type Signal, signal } from "@preact/signals";
import type { AgentStatus, Sample } from "../api/types.ts";

/** So many samples are kept of each agent: 15 minutes, as the process does. */
const MOST = 180;
/** News is shown at most this often, in milliseconds, however many there are. */
const PACE = 100;

/** Every agent by its name. A row looks at its own signal alone, so a change of one costs one row. */
const agents = new Map<string, Signal<AgentStatus>>();
const samples = new Map<string, Signal<readonly Sample[]>>();

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

/** What is known of an agent's last minutes. Whoever reads it in a component hears of more. */
export function samplesOf(name: string): readonly Sample[] {
  return trackOf(name).value;
}

export function newestOf(name: string): Sample | undefined {
  return trackOf(name).peek().at(-1);
}

function trackOf(name: string): Signal<readonly Sample[]> {
  const known = samples.get(name) ?? signal<readonly Sample[]>([]);
  samples.set(name, known);
  return known;
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
  batch(() => {
    for (const [name, row] of Object.entries(rows)) {
      const track = trackOf(name);
      track.value = [...track.peek().slice(1 - MOST), [at, ...row] as unknown as Sample];
    }
    pulse.value++;
  });
}

/** What the process remembers of an agent; what we saw ourselves after that is kept. */
export function remember(name: string, past: readonly Sample[]): void {
  const last = past.at(-1)?.[0] ?? 0;
  const track = trackOf(name);
  const newer = track.peek().filter(([at]) => at > last);
  track.value = [...past, ...newer].slice(-MOST);
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

import { agentPath, ask } from "../api/client.ts";
import type { Sample } from "../api/types.ts";
import { remember } from "./agents.ts";

/** So many questions for the past are under way at once: a list that is scrolled through asks for many. */
const SIDE_BY_SIDE = 3;

const asked = new Set<string>();
const waiting: string[] = [];
let running = 0;

/** Sees to it that the past of an agent is there, asking once. */
export function wantHistory(name: string): void {
  if (asked.has(name)) return;
  asked.add(name);
  // Who is looked at now comes before those that were scrolled past.
  waiting.unshift(name);
  if (running < SIDE_BY_SIDE) void work();
}

async function work(): Promise<void> {
  running++;
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) await fetchHistory(name);
  running--;
}

/** Asks for the past of an agent. What cannot be had now is asked for when somebody looks again. */
export async function fetchHistory(name: string): Promise<void> {
  try {
    const { samples } = await ask<{ samples: Sample[] }>(`${agentPath(name)}/history`);
    remember(name, samples);
  } catch {
    asked.delete(name);
  }
}

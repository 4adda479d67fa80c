import { setTimeout as pause } from "node:timers/promises";
import type { ReplayProgress } from "../wire/replay.ts";
import type { AdminClient } from "./client.ts";
import { type ProgressLine, percent } from "./progress.ts";

/** How often it is looked how far it is, in milliseconds. */
const LOOK = 500;
/** A replay that has not begun after so many looks has been over before the first one, or waits for the agent. */
const PATIENCE = 6;

interface Replays {
  readonly running: readonly ReplayProgress[];
  /** The last ones that ended, by file. */
  readonly ended: ReadonlyMap<string, ReplayProgress>;
}

/** Where an agent's replays are, so that what ends later can be told from what had ended before. */
export async function replaysOf(client: AdminClient, agent: string): Promise<Replays> {
  const path = `/api/agents/${encodeURIComponent(agent)}`;
  const { inspect } = await client.ask<{ inspect: unknown }>("GET", path);
  const found = [...replaysIn(inspect)];
  return {
    running: found.flatMap(({ running }) => running ?? []),
    ended: new Map(found.flatMap(({ last }) => (last ? [[last.file, last] as const] : []))),
  };
}

/** Shows how far a replay is until it has ended; it goes on without us when we are interrupted. */
export async function followReplay(
  client: AdminClient,
  agent: string,
  before: Replays,
  line: ProgressLine,
): Promise<void> {
  let begun = before.running.length > 0;
  for (let looks = 0; begun || looks < PATIENCE; looks++) {
    const { running, ended } = await replaysOf(client, agent);
    const news = [...ended].filter(([file]) => !before.ended.has(file)).map(([, progress]) => progress);
    if (running.length > 0) {
      begun = true;
      line.show(`replaying: ${counted(running)} …`);
    } else if (news.length > 0) {
      line.end();
      console.error(`replayed: ${counted(news)}`);
      return;
    } else if (begun) break;
    await pause(LOOK);
  }
  line.end();
}

interface Shown {
  readonly running?: ReplayProgress;
  readonly last?: ReplayProgress;
}

/** Kinds keep it in different places, but always call it `replay`. */
function* replaysIn(value: unknown): Generator<Shown> {
  if (value === null || typeof value !== "object") return;
  for (const [name, inner] of Object.entries(value)) {
    if (name === "replay") yield inner as Shown;
    else yield* replaysIn(inner);
  }
}

/** `1204 delivered, 3 rejected, 45 %`. */
function counted(all: readonly ReplayProgress[]): string {
  const sum = (key: "delivered" | "rejected" | "unreadable" | "bytes" | "of") =>
    all.reduce((total, each) => total + each[key], 0);
  const words = [`${sum("delivered")} delivered`, `${sum("rejected")} rejected`];
  if (sum("unreadable") > 0) words.push(`${sum("unreadable")} unreadable`);
  return [...words, percent(sum("bytes"), sum("of"))].filter((word) => word !== "").join(", ");
}

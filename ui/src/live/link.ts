import { effect, signal } from "@preact/signals";
import { ApiProblem, ask, request } from "../api/client.ts";
import { locked } from "../api/session.ts";
import { serverEvents } from "../api/sse.ts";
import type { AgentStatus, Sample } from "../api/types.ts";
import { beat, gone, replaceAll, take } from "./agents.ts";
import { noteChange } from "./changes.ts";

export interface Link {
  readonly state: "connecting" | "live" | "lost";
  /** Since when, in milliseconds since 1970. */
  readonly since: number;
  /** When the next try is due. */
  readonly retryAt?: number;
}

/** The connection to the process: what is shown is true only while it is `live`. */
export const link = signal<Link>({ state: "connecting", since: Date.now() });

/** The API sends a pulse every 5 s; after this silence, in milliseconds, the connection is taken for dead. */
const SILENCE = 20_000;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 10_000;

let hurry: () => void = () => {};

/** Tries again now. */
export function retryNow(): void {
  hurry();
}

/** Follows the process as long as the page lives. */
export async function follow(): Promise<never> {
  addEventListener("online", retryNow);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") retryNow();
  });
  let pause = FIRST_PAUSE;
  for (;;) {
    await unlocked();
    const began = Date.now();
    await connection().catch(() => {});
    // Who held for a while was well; who broke at once is left alone longer each time.
    pause = Date.now() - began > SILENCE ? FIRST_PAUSE : Math.min(LONGEST_PAUSE, pause * 2);
    if (locked.value === false) await wait(pause * (0.75 + Math.random() / 2));
  }
}

async function connection(): Promise<void> {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => controller.abort(), SILENCE);
  };
  const { signal: until } = controller;
  alive();
  // The abort of a silent connection ends the loop below.
  const lock = effect(() => void (locked.value && controller.abort()));
  try {
    const { agents } = await ask<{ agents: AgentStatus[] }>("api/agents", { signal: until });
    replaceAll(agents);
    const response = await request("api/events", { signal: until });
    link.value = { state: "live", since: Date.now() };
    for await (const { event, data } of serverEvents(response, alive)) hear(event, JSON.parse(data));
  } finally {
    clearTimeout(timer);
    lock();
    controller.abort();
    const { state, since } = link.value;
    link.value = { state: "lost", since: state === "lost" ? since : Date.now() };
  }
}

function hear(event: string, data: unknown): void {
  if (event === "agent") take(data as AgentStatus);
  else if (event === "gone") gone((data as { name: string }).name);
  else if (event === "pulse") {
    const { at, agents } = data as { at: number; agents: Record<string, PulseRow> };
    beat(at, agents);
  } else noteChange(event, data);
}

type PulseRow = Sample extends readonly [number, ...infer Rest] ? Rest : never;

function unlocked(): Promise<void> {
  return new Promise((resolve) => {
    const end = effect(() => {
      if (locked.value !== false) return;
      // Not before the effect is there to be ended.
      queueMicrotask(() => {
        end();
        resolve();
      });
    });
  });
}

function wait(ms: number): Promise<void> {
  const retryAt = Date.now() + ms;
  link.value = { ...link.value, retryAt };
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    hurry = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}

/** Whether a failure means that the process is away, which the banner tells already. */
export function isAway(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === 0;
}

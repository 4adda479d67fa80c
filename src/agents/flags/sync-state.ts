import type { Part } from "../../core/health.ts";
import { DeniedProblem } from "../../core/problems.ts";

/** How things stand with the server, in FeatBit's words. */
export type SyncState = "None" | "Starting" | "Stable" | "Interrupted" | "Stopped";

/** What the links to the server, and what arrived over them, say together. */
export function syncState(links: readonly Part[], contents: readonly Part[]): SyncState {
  if (links.length === 0) return "None";
  if (links.some(({ problem }) => problem instanceof DeniedProblem)) return "Stopped";
  if (contents.some(({ state }) => state === "connecting"))
    return links.some(({ state }) => state === "down") ? "Interrupted" : "Starting";
  const allUp = [...links, ...contents].every(({ state }) => state === "up");
  return allUp ? "Stable" : "Interrupted";
}

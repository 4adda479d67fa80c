import type { Problem } from "../../core/problems.ts";
import type { HttpAnswer } from "../../wire/http-client.ts";
import type { Merged } from "./merge.ts";

/** The API indexes in chunks of so many, and on some errors drops the chunks that follow. Source: leek §9.3. */
const MOST = 500;
/** So few are not divided among several posts. */
const FEW = 50;
/** Answers that may be the fault of a single document. */
export function isRefusal({ status }: HttpAnswer): boolean {
  return status === 409 || status === 500;
}

export function fail(failed: Map<number, Problem>, { from }: Merged, problem: Problem): void {
  for (const index of from) failed.set(index, problem);
}

/** Documents in as many posts as there are lanes, if they are not too few for that, or too many. */
export function chunksOf(merged: readonly Merged[], lanes: number): (readonly Merged[])[] {
  const size = Math.min(MOST, Math.max(FEW, Math.ceil(merged.length / lanes)));
  const chunks = Array.from({ length: Math.ceil(merged.length / size) }, (_, index) => index * size);
  return chunks.map((begin) => merged.slice(begin, begin + size));
}

export function halves<T>(items: readonly T[]): readonly [T[], T[]] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
}

/** How many documents the API says it stored; a text instead of a number says that some were not. */
export function storedBy(body: string): number | undefined {
  try {
    const told = JSON.parse(body) as { success?: unknown } | string;
    if (typeof told === "string") return 0;
    return typeof told.success === "number" ? told.success : undefined;
  } catch {
    return undefined;
  }
}

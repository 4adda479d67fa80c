import { LARGEST_RUNE } from "./node.ts";

/**
 * Sets of code points as pairs `from, to`, both included. Every function returns a clean set: sorted, and no two
 * pairs overlap or touch.
 */
export type Ranges = readonly number[];

export function clean(pairs: Ranges): number[] {
  const sorted: [number, number][] = [];
  for (let i = 0; i < pairs.length; i += 2) sorted.push([pairs[i]!, pairs[i + 1]!]);
  sorted.sort((a, b) => a[0] - b[0]);
  const merged: number[] = [];
  for (const [from, to] of sorted) {
    const last = merged.length - 1;
    if (last > 0 && from <= merged[last]! + 1) merged[last] = Math.max(merged[last]!, to);
    else merged.push(from, to);
  }
  return merged;
}

export function union(...sets: readonly Ranges[]): number[] {
  return clean(sets.flat());
}

/** Everything that is not in a clean set. */
export function negate(set: Ranges): number[] {
  const rest: number[] = [];
  let next = 0;
  for (let i = 0; i < set.length; i += 2) {
    if (set[i]! > next) rest.push(next, set[i]! - 1);
    next = set[i + 1]! + 1;
  }
  if (next <= LARGEST_RUNE) rest.push(next, LARGEST_RUNE);
  return rest;
}

export function includes(set: Ranges, rune: number): boolean {
  for (let i = 0; i < set.length && set[i]! <= rune; i += 2) if (rune <= set[i + 1]!) return true;
  return false;
}

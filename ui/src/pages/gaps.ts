import type { Sample } from "../api/types.ts";

/** A pause longer than this, in milliseconds, is a gap: the process was away, and no line shall cover that up. */
const GAP = 20_000;

type Point = readonly [number, number | null, number | null, number | null, number | null];

/** The samples, with an empty one in each gap. */
export function withGaps(samples: readonly Sample[]): readonly Point[] {
  const points: Point[] = [];
  let last = Number.POSITIVE_INFINITY;
  for (const sample of samples) {
    if (sample[0] - last > GAP) points.push([last + 1, null, null, null, null]);
    points.push(sample);
    last = sample[0];
  }
  return points;
}

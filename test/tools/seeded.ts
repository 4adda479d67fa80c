import { onTestFailed } from "vitest";

/** Random numbers from 0 to 1 that can be had again: the seed is printed when the test fails. */
export function seeded(
  seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31)),
): () => number {
  onTestFailed(() => console.error(`the same again: SEED=${seed}`));
  let state = seed;
  return () => {
    // Mulberry32.
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

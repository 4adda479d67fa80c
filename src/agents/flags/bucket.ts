import { md5Head } from "./md5.ts";

/**
 * Where a text falls between 0 and 1: the first four bytes of its MD5, as a signed number with the last byte first,
 * without its sign.
 */
export function bucketOf(text: string): number {
  return Math.abs(md5Head(text) / 2_147_483_648);
}

/** A range from 0 to 1, both ends included. */
export type Range = readonly [from: number, to: number];

/** Whether a text falls into a range. Everything is in the whole range, nothing in the empty one at 0. */
export function isInRange(text: string, [from, to]: Range): boolean {
  if (from === 0 && 1 - to < 0.00001) return true;
  if (from === 0 && to === 0) return false;
  const bucket = bucketOf(text);
  return bucket >= from && bucket <= to;
}

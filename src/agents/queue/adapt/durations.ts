import { goDuration } from "../../../config/go-duration.ts";

/** A span of time, and how it is written in our configuration. */
export interface Span {
  readonly ms: number;
  readonly text: string;
}

/** Our own way of writing one: some of Go's units, no sign. */
const OURS = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/;
/** What a timer can hold, in milliseconds. */
const LONGEST = 2 ** 31 - 1;

/** Milliseconds. A number counts nanoseconds. @returns undefined for what is no duration */
export function readDuration(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value / 1e6 : undefined;
  return typeof value === "string" ? goDuration(value) : undefined;
}

/** In our configuration's words, at least 1ms; as it was given where that can be read. */
export function durationText(ms: number, given?: unknown): string {
  const fitting = Math.min(LONGEST, Math.max(1, Math.round(ms)));
  if (typeof given === "string" && fitting === ms && OURS.test(given)) return given;
  if (fitting % 60_000 === 0) return `${fitting / 60_000}m`;
  return fitting % 1_000 === 0 ? `${fitting / 1_000}s` : `${fitting}ms`;
}

export function span(ms: number): Span {
  return { ms, text: durationText(ms) };
}

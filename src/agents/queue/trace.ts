import { randomFillSync } from "node:crypto";
import type { Event } from "./event.ts";

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/;

/**
 * The trace context for a call: the event's trace with a new span, or a new trace, sampled.
 * Source: W3C Trace Context.
 */
export function traceOf({ headers }: Event): Readonly<Record<string, readonly string[]>> {
  const parent = parentOf(headers["traceparent"]);
  if (!parent) {
    const ids = randomHex(24);
    return { Traceparent: [`00-${ids.slice(0, 32)}-${ids.slice(32)}-01`] };
  }
  const span = randomHex(8);
  const [, trace, flags] = parent;
  const state = headers["tracestate"];
  return {
    Traceparent: [`00-${trace}-${span}-${flags}`],
    ...(typeof state === "string" ? { Tracestate: [state] } : {}),
  };
}

function parentOf(given: unknown): RegExpExecArray | null {
  return given === undefined ? null : TRACEPARENT.exec(String(given));
}

/** Random bytes are cheap by the thousand and dear one by one. */
const pool = Buffer.alloc(8_192);
let used = pool.length;

function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString("hex", used - bytes, used);
}

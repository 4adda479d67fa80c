import { now } from "../live/clock.ts";
import { ago, clock, span, timeOf } from "./format.ts";

/** "12 s ago", with the exact time for those who point at it. */
export function Ago({ at }: { at: unknown }) {
  const ms = timeOf(at);
  if (ms === undefined) return <span class="dim">never</span>;
  return (
    <time dateTime={new Date(ms).toISOString()} title={new Date(ms).toLocaleString("en-GB")}>
      {ago(ms, now.value)}
    </time>
  );
}

/** "for 12 s". */
export function Since({ at }: { at: unknown }) {
  const ms = timeOf(at);
  if (ms === undefined) return <>–</>;
  return (
    <time dateTime={new Date(ms).toISOString()} title={new Date(ms).toLocaleString("en-GB")}>
      {span(Math.max(1_000, Math.floor((now.value - ms) / 1_000) * 1_000)).replace(".0 s", " s")}
    </time>
  );
}

/** "in 12 s". */
export function Until({ at }: { at: number }) {
  const left = at - now.value;
  return <>{left <= 1_000 ? "now" : `in ${span(Math.ceil(left / 1_000) * 1_000).replace(".0 s", " s")}`}</>;
}

export function Clock({ at }: { at: unknown }) {
  const ms = timeOf(at);
  if (ms === undefined) return <>{String(at ?? "–")}</>;
  return <time dateTime={new Date(ms).toISOString()}>{clock(ms)}</time>;
}

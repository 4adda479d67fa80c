import { performance } from "node:perf_hooks";

/**
 * A time as Go's `time.Time` prints itself: up to nine digits of a second without zeros at the end, the zone as number
 * and as name, and the seconds since the process began. Source: krakend-async §2.8.
 * @param at in milliseconds since 1970
 */
export function goTime(at: number): string {
  const date = new Date(at);
  const offset = -date.getTimezoneOffset();
  const local = new Date(at + offset * 60_000).toISOString().slice(0, 23).replace("T", " ");
  const text = local.replace(/\.?0+$/, "");
  return `${text} ${zone(offset)} ${zoneName(date)} m=${monotonic(at)}`;
}

/** @param offset in minutes */
function zone(offset: number): string {
  const digits = (value: number) => String(Math.floor(value)).padStart(2, "0");
  return `${offset < 0 ? "-" : "+"}${digits(Math.abs(offset) / 60)}${digits(Math.abs(offset) % 60)}`;
}

function zoneName(date: Date): string {
  const parts = new Intl.DateTimeFormat("en-US", { timeZoneName: "short" }).formatToParts(date);
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? "UTC";
}

function monotonic(at: number): string {
  const seconds = (at - performance.timeOrigin) / 1_000;
  return `${seconds < 0 ? "-" : "+"}${Math.abs(seconds).toFixed(9)}`;
}

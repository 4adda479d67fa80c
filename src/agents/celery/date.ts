const DATE =
  /^(\d{4})-?(\d{2})-?(\d{2})(?:[T ](\d{2})(?::?(\d{2})(?::?(\d{2})(?:[.,](\d+))?)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?$/;

/**
 * The milliseconds since 1970 of a date in ISO 8601, in the extended or the compact form; the fraction is cut to
 * microseconds. Without an offset it is local time. @returns undefined for what is no date
 */
export function dateMs(text: string): number | undefined {
  const match = DATE.exec(text);
  if (!match) return undefined;
  const [, ...parts] = match;
  const [year, month, day, hour, minute, second] = parts.slice(0, 6).map((part) => Number(part ?? 0));
  const [fraction = "", offset] = parts.slice(6);
  const fields = [year!, month! - 1, day!, hour!, minute!, second!] as const;
  const utc = Date.UTC(...fields);
  if (!exists(utc, fields)) return undefined;
  const whole = offset === undefined ? new Date(...fields).getTime() : utc - offsetMs(offset);
  const micros = Number(fraction.slice(0, 6).padEnd(6, "0"));
  // As the peer calculates, in doubles.
  return Math.trunc(((whole * 1_000 + micros) / 1e6) * 1_000);
}

type Fields = readonly [number, number, number, number, number, number];

/** The 31st of February would become a day in March. */
function exists(utc: number, [year, month, day, hour, minute, second]: Fields): boolean {
  const date = new Date(utc);
  const same = date.getUTCFullYear() === year && date.getUTCMonth() === month && date.getUTCDate() === day;
  return same && date.getUTCHours() === hour && minute < 60 && second < 60;
}

function offsetMs(offset: string): number {
  if (offset === "Z") return 0;
  const digits = offset.replace(/\D/g, "");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || 0);
  return (offset.startsWith("-") ? -minutes : minutes) * 60_000;
}

import { EvaluationError } from "@marcbachmann/cel-js";

/** A duration as the library keeps it. */
export interface Span {
  readonly seconds: bigint;
  readonly nanos: number;
}

const MOMENT = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** RFC 3339 and nothing else; kept in milliseconds. Throws EvaluationError. */
export function moment(text: string): Date {
  const [, year, month, day] = MOMENT.exec(text)?.map(Number) ?? [];
  const date = new Date(text);
  const exists = year !== undefined && new Date(Date.UTC(2000, month! - 1, 1)).getUTCMonth() === month! - 1;
  if (!exists || Number.isNaN(date.getTime()) || day! > new Date(Date.UTC(year, month!, 0)).getUTCDate()) {
    throw new EvaluationError(`timestamp() knows RFC 3339 only, not "${text}"`);
  }
  return date;
}

/** RFC 3339 with as many decimals as there are. */
export const momentText = (date: Date): string => date.toISOString().replace(/\.?0*Z$/, "Z");

/** A duration as Go writes it: `-1.5h`, `1h30m`, `0`. */
export const isSpan = (text: string): boolean =>
  /^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.test(text);

/** Seconds with as many decimals as there are. */
export function spanText({ seconds, nanos }: Span): string {
  const total = seconds * 1_000_000_000n + BigInt(nanos);
  const size = total < 0n ? -total : total;
  const decimals = (size % 1_000_000_000n).toString().padStart(9, "0").replace(/0+$/, "");
  return `${total < 0n ? "-" : ""}${size / 1_000_000_000n}${decimals && `.${decimals}`}s`;
}

/**
 * The getters of timestamps, on a date whose UTC fields are those of the zone asked for.
 * Source: the list of standard definitions of CEL; days and months count from 0, `getDate` from 1.
 */
export const getters: Readonly<Record<string, (date: Date) => number>> = {
  getDate: (date) => date.getUTCDate(),
  getDayOfMonth: (date) => date.getUTCDate() - 1,
  getDayOfWeek: (date) => date.getUTCDay(),
  getDayOfYear: (date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000),
  getFullYear: (date) => date.getUTCFullYear(),
  getHours: (date) => date.getUTCHours(),
  getMilliseconds: (date) => date.getUTCMilliseconds(),
  getMinutes: (date) => date.getUTCMinutes(),
  getMonth: (date) => date.getUTCMonth(),
  getSeconds: (date) => date.getUTCSeconds(),
};

/** The same for durations, which are whole units cut towards zero. */
export const spanGetters: Readonly<Record<string, (span: Span) => bigint>> = {
  getHours: ({ seconds }) => seconds / 3_600n,
  getMinutes: ({ seconds }) => seconds / 60n,
  getSeconds: ({ seconds }) => seconds,
  getMilliseconds: ({ seconds, nanos }) => seconds * 1_000n + BigInt(nanos) / 1_000_000n,
};

/** A date moved so that its UTC fields read as those of the zone: `Europe/Berlin`, `+02:00`, `-7:30`. */
export function zoned(date: Date, zone: string): Date {
  const fixed = /^([+-]?)(\d{1,2}):(\d\d)$/.exec(zone);
  if (!fixed) return named(date, zone);
  const minutes = Number(fixed[2]) * 60 + Number(fixed[3]);
  return new Date(date.getTime() + (fixed[1] === "-" ? -minutes : minutes) * 60_000);
}

function named(date: Date, timeZone: string): Date {
  try {
    const parts = new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    }).formatToParts(date);
    const part = (type: string) => Number(parts.find((each) => each.type === type)?.value);
    const day = [part("year"), part("month") - 1, part("day")] as const;
    const time = [part("hour"), part("minute"), part("second"), date.getUTCMilliseconds()] as const;
    return new Date(Date.UTC(...day, ...time));
  } catch {
    throw new EvaluationError(`there is no time zone "${timeZone}"`);
  }
}

import { durationText, type Span } from "./durations.ts";
import type { Fields } from "./fields.ts";
import type { Service } from "./service.ts";

const STRATEGIES = ["", "fallback", "linear", "linear-jitter", "exponential", "exponential-jitter"];

/** What an agent says of itself, defaults filled in. Source: krakend-async §1.2. */
export interface Wishes {
  readonly topic: string;
  readonly workers: number;
  readonly timeout: Span;
  /** Events a second. 0: no limit. */
  readonly maxRate: number;
  /** 0: for ever. */
  readonly maxRetries: number;
  readonly backoff: string;
  readonly interval: string;
}

/** Reads both layouts: a key inside `consumer` or `connection` wins over the flat one. Source: krakend-async §1.3. */
export function readWishes(fields: Fields, service: Service): Wishes {
  const consumer = fields.fields("consumer");
  const connection = fields.fields("connection");
  const of = (inner: Fields | undefined, name: string) => (inner?.has(name) ? inner : fields);
  const backoff = of(connection, "backoff_strategy");
  if (!STRATEGIES.includes(backoff.text("backoff_strategy").toLowerCase()))
    backoff.note("backoff_strategy", "is not known, so the pause is always 1s, as in KrakenD");
  return {
    topic: of(consumer, "topic").text("topic"),
    workers: Math.max(1, of(consumer, "workers").whole("workers")),
    timeout: readTimeout(of(consumer, "timeout"), service),
    maxRate: Math.max(0, of(consumer, "max_rate").number("max_rate")),
    maxRetries: Math.max(0, of(connection, "max_retries").whole("max_retries")),
    backoff: backoff.text("backoff_strategy"),
    interval: readInterval(of(connection, "health_interval")),
  };
}

function readTimeout(fields: Fields, service: Service): Span {
  const own = fields.duration("timeout");
  const below = "is below 0, so every event would fail at once; write 2s";
  if (own && own.ms !== 0) {
    if (own.ms < 0) fields.wrong("timeout", below);
    return own;
  }
  if (service.timeout.ms < 0) fields.wrong("timeout", `\`timeout\` of the service ${below}`);
  return service.timeout;
}

/** At least a second. */
function readInterval(fields: Fields): string {
  const interval = fields.duration("health_interval");
  return interval && interval.ms >= 1_000 ? interval.text : durationText(1_000);
}

import type { FollowOptions } from "../../core/feed.ts";
import type { ReconnectConfig } from "./config/broker.ts";

/** How the pause before the next connection grows. */
export type Strategy = ReconnectConfig["strategy"];

/** The step of every strategy, in milliseconds. */
const STEP = 1_000;
/** What a timer can hold, in milliseconds. */
const LONGEST = 2 ** 31 - 1;
/** The longest pause where the configuration names none, in milliseconds; the peer has none. */
const MAX = 60_000;

/**
 * The pause before a connection, in whole milliseconds. Source: krakend-async §2.6.
 * @param i how many connections failed in a row: 0 before the first
 * @param random from 0 to 1, not including 1
 */
export function reconnectDelay(strategy: Strategy, i: number, random: () => number = Math.random): number {
  switch (strategy) {
    case "constant":
      return STEP;
    case "linear":
      return i * STEP;
    case "linear-jitter":
      return jittered(i * STEP, random);
    case "exponential":
      return 2 ** i * STEP;
    case "exponential-jitter":
      return jittered(2 ** i * STEP, random);
  }
}

/** A third more or less, and never nothing. */
function jittered(base: number, random: () => number): number {
  const most = Math.floor(base / 3) + 1;
  return Math.max(1, base - most + Math.floor(random() * 2 * most));
}

/**
 * How the broker is followed. The peer's first pause, before anything failed, is left out: nothing but speed depends
 * on it.
 * @param bounded whether pauses end at a minute where `max` is not given, and a broker that refuses a login or a
 * declaration is left alone for as long; the peer's grow for ever, whatever is wrong (krakend-async §2.5)
 */
export function patience(
  { strategy, max, times }: ReconnectConfig,
  bounded: boolean,
  random?: () => number,
): Pick<FollowOptions<unknown>, "backoff" | "denied" | "retries"> {
  const most = max ?? (bounded ? MAX : LONGEST);
  const pause = (failures: number) => Math.min(most, reconnectDelay(strategy, failures + 1, random));
  return { backoff: pause, retries: times > 0 ? times : undefined, ...(bounded ? {} : { denied: pause }) };
}

import { isData } from "./convert.ts";
import { durationText, readDuration } from "./durations.ts";
import type { Fields } from "./fields.ts";
import type { Given } from "./given.ts";
import { readGraphql } from "./graphql.ts";
import type { Components } from "./names.ts";
import { readOauth } from "./oauth.ts";
import { readCel, readLua } from "./scripts.ts";

/** The layers around a backend's call. */
export function readLayers({ components, fields }: Given): Record<string, unknown> {
  return {
    ...readBreaker(components.fields("qos/circuit-breaker")),
    ...readRate(components.fields("qos/ratelimit/proxy")),
    ...readOauth(components.fields("auth/client-credentials")),
    ...readCel(components),
    ...readMartian(components),
    ...readLua(components.fields("modifier/lua-backend")),
    ...readGraphql(components.fields("backend/graphql"), fields),
  };
}

/** Off when nothing in it is set. Source: krakend-async §5.15. */
function readBreaker(given: Fields | undefined): Record<string, unknown> {
  if (!given) return {};
  const errors = Math.max(0, given.whole("max_errors"));
  const open = given.whole("timeout");
  const clear = given.whole("interval");
  const name = given.text("name");
  const log = given.flag("log_status_change");
  if (!errors && !open && !clear && !name && !log) return {};
  const breaker = {
    errors,
    open: secondsText(open > 0 ? open : 60),
    ...(clear > 0 && { clear: secondsText(clear) }),
    ...(name !== "" && { name }),
    log,
  };
  return { breaker };
}

/** No more than a timer can hold, which is a little more than 24 days. */
function secondsText(seconds: number): string {
  return `${Math.min(seconds, 2_147_483)}s`;
}

/** Source: krakend-async §5.16. */
function readRate(given: Fields | undefined): Record<string, unknown> {
  if (!given) return {};
  const times = given.get("max_rate");
  if (typeof times !== "number" || times <= 0) {
    given.note("max_rate", "is no number above 0, so there is no limit, as in KrakenD");
    return {};
  }
  const burst = Math.max(0, given.whole("capacity"));
  return { rate: { times, every: everyOf(given), ...(burst > 0 && { burst }) } };
}

/** What cannot be read counts as one second. */
function everyOf(given: Fields): string {
  const every = given.get("every");
  if (every === undefined || every === "") return "1s";
  // Go reads the text of a number, which has no unit.
  const ms = readDuration(String(every));
  if (ms !== undefined && ms > 0) return durationText(ms, every);
  given.note("every", `${JSON.stringify(every)} is no duration, so it is 1s, as in KrakenD`);
  return "1s";
}

/** Source: krakend-async §5.13. */
function readMartian(components: Components): Record<string, unknown> {
  const found = components.fields("modifier/martian");
  return found && isData(found.given) ? { martian: { ...found.given } } : {};
}

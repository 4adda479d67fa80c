import type { RedisConfig } from "./config-from.ts";

/** What decides the names of channels. */
export type Naming = Pick<
  RedisConfig,
  "exchange" | "routing_key" | "global_keyprefix" | "fanout_prefix" | "fanout_patterns"
>;

/**
 * The patterns under which Celery publishes its events on Redis. With sentinels there are two, for Kombu before 5.4
 * wrote literal braces there. Source: leek §4.2.
 */
export function patternsOf(naming: Naming, db: number, sentinel: boolean): string[] {
  const { exchange, routing_key, global_keyprefix, fanout_patterns } = naming;
  const key = fanout_patterns ? `/${routing_key.split("#").map(escaped).join("*")}` : "";
  return prefixesOf(naming, db, sentinel).map(
    (prefix) => `${escaped(global_keyprefix + prefix + exchange)}${key}`,
  );
}

function prefixesOf({ fanout_prefix }: Naming, db: number, sentinel: boolean): string[] {
  if (fanout_prefix === false) return [""];
  if (typeof fanout_prefix === "string") return [fanout_prefix];
  return sentinel ? [`/${db}.`, "/{db}."] : [`/${db}.`];
}

/** What would mean something else in a pattern of Redis. */
function escaped(text: string): string {
  return text.replace(/[[\]?*\\]/g, "\\$&");
}

/** The exchange that a channel stands for. Source: leek §4.2. */
export function exchangeOf(channel: string, keyprefix: string): string {
  const rest = channel.startsWith(keyprefix) ? channel.slice(keyprefix.length) : channel;
  const bare = rest.startsWith("/") ? rest.slice(rest.indexOf(".") + 1) : rest;
  return bare.split("/")[0]!;
}

const TAG = /"delivery_tag":\s*"([^"]+)"/;
const MOST = 1_000;

/** Whether a message has not been seen; with sentinels, the same one may come on two channels. */
export function unseen(): (message: { readonly payload: string }) => boolean {
  const seen = new Set<string>();
  return ({ payload }) => {
    const tag = TAG.exec(payload)?.[1];
    if (tag === undefined) return true;
    if (seen.has(tag)) return false;
    seen.add(tag);
    if (seen.size > MOST) for (const oldest of seen) return seen.delete(oldest);
    return true;
  };
}

import { isRedis, masterOf, numberOf, type Subscription } from "./subscription-fields.ts";

/** What stands in for fields of every subscription. */
export interface Overrides {
  /** In place of `org_name`: `mono` where Leek's authentication is off. */
  readonly org?: string | undefined;
  /** In place of `app_key` and `api_url`: in local mode. */
  readonly key?: string | undefined;
  readonly api?: string | undefined;
}

/** Where the peer looks for the API when nobody says so. Source: leek §1.2. */
const API = "http://api:5000";
const KEY = "secret";

/** A subscription of the Leek agent, which has been checked, in our words. */
export function translated(
  given: Subscription,
  { org, key, api }: Overrides,
): Readonly<Record<string, unknown>> {
  const broker = String(given["broker"]);
  const prefetch = numberOf(given["prefetch_count"]) ?? 1_000;
  const number = (name: string, fallback: number) => numberOf(given[name]) ?? fallback;
  return {
    from: isRedis(broker) ? { redis: redisOf(given, broker) } : { amqp: amqpOf(given, broker, prefetch) },
    to: {
      leek: {
        url: (key === undefined ? given["api_url"] : api) ?? api ?? API,
        org: org ?? given["org_name"],
        app: given["app_name"],
        env: given["app_env"],
        key: key ?? given["app_key"] ?? KEY,
        ...picked(given, { doc_level: "level", api_path_prefix: "prefix" }),
        ...(given["tls_verify"] === false && { tls: { verify: false } }),
      },
    },
    batch: {
      items: number("batch_max_number_of_messages", prefetch),
      size: `${number("batch_max_size_in_mb", 1)}MiB`,
      window: `${number("batch_max_window_in_seconds", 5)}s`,
    },
    workers: number("concurrency_pool_size", 1),
    ...picked(given, { strict_validation: "strict", enable_events: "enable_events", cancelled: "cancelled" }),
  };
}

function amqpOf(given: Subscription, broker: string, prefetch: number): object {
  return {
    url: broker.split(";").map((each) => each.trim()),
    ...picked(given, {
      exchange: "exchange",
      queue: "queue",
      routing_key: "routing_key",
      queue_arguments: "queue_arguments",
      failover_strategy: "failover",
    }),
    prefetch,
    ...(given["tls_verify"] === false && { tls: { verify: false } }),
  };
}

function redisOf(given: Subscription, broker: string): object {
  const options = (given["transport_options"] ?? {}) as Record<string, unknown>;
  const sentinels = (options["sentinel_kwargs"] ?? {}) as Record<string, unknown>;
  const master = masterOf(given);
  return {
    url: broker,
    ...picked(given, { exchange: "exchange", routing_key: "routing_key" }),
    ...picked(options, {
      global_keyprefix: "global_keyprefix",
      fanout_prefix: "fanout_prefix",
      fanout_patterns: "fanout_patterns",
    }),
    ...(master !== undefined && { master_name: master }),
    ...picked(sentinels, { username: "sentinel_user", password: "sentinel_password", ssl: "sentinel_tls" }),
    ...(given["tls_verify"] === false && /^rediss:/.test(broker) && { tls: { verify: false } }),
  };
}

/** Fields under other names, those that are given. */
function picked(
  given: Readonly<Record<string, unknown>>,
  names: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const entries = Object.entries(names).filter(([key]) => given[key] !== undefined);
  return Object.fromEntries(entries.map(([key, name]) => [name, given[key]]));
}

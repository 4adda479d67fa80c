import { ConfigProblem } from "../../core/problems.ts";
import { parseAmqpUrl } from "../../wire/amqp/address.ts";
import { parseRedisBroker } from "../../wire/redis/broker-url.ts";

/** A subscription as the Leek agent writes it. Source: leek §1.2. */
export type Subscription = Readonly<Record<string, unknown>>;

export type Check = (value: unknown, given: Subscription) => string | undefined;

export interface Field {
  readonly required: boolean;
  readonly check: Check;
}

const filled: Check = (value) =>
  typeof value === "string" && value !== "" ? undefined : "has to be a text that is not empty";
const word: Check = (value) =>
  typeof value === "string" && /^[a-z]+$/.test(value)
    ? undefined
    : "has to consist of small letters a to z alone";
const anything: Check = () => undefined;
const textOrNull: Check = (value) => (value === null ? undefined : filled(value, {}));
const flag: Check = (value) => (typeof value === "boolean" ? undefined : "has to be true or false");
const record: Check = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? undefined : "has to be an object";

function between(least: number, most: number): Check {
  return (value) => {
    const number = numberOf(value);
    if (number === undefined) return `has to be a whole number from ${least} to ${most}`;
    return number < least || number > most ? `is ${number}, write ${least} to ${most}` : undefined;
  };
}

function oneOf(...values: readonly (string | number)[]): Check {
  return (value) => (values.includes(value as string) ? undefined : `has to be one of ${values.join(", ")}`);
}

const optional = (check: Check): Field => ({ required: false, check });
const required = (check: Check): Field => ({ required: true, check });

/** The fields, with what the peer wants of them at its start. */
export const fields: Readonly<Record<string, Field>> = {
  broker: required(brokerUrl),
  broker_management_url: required(anything),
  backend: optional(textOrNull),
  exchange: required(filled),
  queue: required(filled),
  routing_key: required(filled),
  org_name: required(filled),
  app_name: required(word),
  app_env: required(word),
  app_key: optional(filled),
  api_url: optional(httpUrl),
  prefetch_count: optional(between(1_000, 10_000)),
  concurrency_pool_size: optional(between(1, 64)),
  batch_max_size_in_mb: optional(between(1, 10)),
  batch_max_number_of_messages: optional(atMostPrefetch),
  batch_max_window_in_seconds: optional(between(5, 20)),
  failover_strategy: optional(oneOf("round-robin", "shuffle")),
  // Ours.
  doc_level: optional(oneOf(1, 2, "auto")),
  api_path_prefix: optional(filled),
  queue_arguments: optional(record),
  transport_options: optional(record),
  strict_validation: optional(flag),
  enable_events: optional(flag),
  cancelled: optional(oneOf("drop", "revoked")),
  tls_verify: optional(flag),
};

/** Where the add route differs: defaults instead of duties, and narrower bounds. Source: leek §1.2, §10.3. */
export const dynamic: Readonly<Record<string, Field>> = {
  ...fields,
  broker_management_url: required(filled),
  backend: optional(filled),
  exchange: optional(filled),
  queue: optional(filled),
  routing_key: optional(filled),
  org_name: optional(filled),
  concurrency_pool_size: optional(between(1, 20)),
  batch_max_number_of_messages: optional(
    (value, given) => between(1_000, 10_000)(value, given) ?? atMostPrefetch(value, given),
  ),
};

function atMostPrefetch(value: unknown, given: Subscription): string | undefined {
  const [number, prefetch] = [numberOf(value), numberOf(given["prefetch_count"] ?? 1_000) ?? 1_000];
  if (number === undefined || number < 1) return "has to be a whole number from 1 on";
  return number > prefetch ? `is ${number}, more than prefetch_count, which is ${prefetch}` : undefined;
}

function brokerUrl(value: unknown, given: Subscription): string | undefined {
  if (typeof value !== "string" || value === "") return "has to be a broker's URL";
  try {
    if (isRedis(value)) parseRedisBroker(value, { master: masterOf(given) });
    else value.split(";").map(parseAmqpUrl);
    return undefined;
  } catch (error) {
    if (error instanceof ConfigProblem) return error.message;
    throw error;
  }
}

function httpUrl(value: unknown): string | undefined {
  const good = typeof value === "string" && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
  return good ? undefined : "has to be a URL, http://… or https://…";
}

export function isRedis(broker: string): boolean {
  return /^(?:rediss?|redis\+socket|unix|sentinel):/.test(broker);
}

export function masterOf(given: Subscription): string | undefined {
  const { master_name: name } = (given["transport_options"] ?? {}) as { master_name?: unknown };
  return typeof name === "string" ? name : undefined;
}

/** Numbers may be given as texts, as people write them in environments. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  return Number.isInteger(number) ? (number as number) : undefined;
}

export function nameOf({ app_name, app_env }: Subscription): string {
  return `${String(app_name)}-${String(app_env)}`;
}

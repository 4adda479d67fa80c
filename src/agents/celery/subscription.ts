import { ConfigProblem } from "../../core/problems.ts";
import { parseAmqpUrl } from "../../wire/amqp/address.ts";
import { parseRedisBroker } from "../../wire/redis/broker-url.ts";

/** A subscription as the Leek agent writes it. Source: leek §1.2. */
export type Subscription = Readonly<Record<string, unknown>>;

/** What is wrong with a subscription, or worth a remark. */
export interface Remark {
  /** `subscription 0 (shop-prod): prefetch_count` */
  readonly at: string;
  /** Which of the list. */
  readonly index: number;
  /** Begins with the place. */
  readonly message: string;
}

type Check = (value: unknown, given: Subscription) => string | undefined;

interface Field {
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
const fields: Readonly<Record<string, Field>> = {
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
const dynamic: Readonly<Record<string, Field>> = {
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

export interface ReadSubscriptions {
  readonly good: readonly Subscription[];
  readonly mistakes: readonly Remark[];
  readonly remarks: readonly Remark[];
}

/** Every mistake of a list of subscriptions at once, and those that have none. Throws ConfigProblem for no list. */
export function readSubscriptions(list: unknown, place: string): ReadSubscriptions {
  if (!Array.isArray(list)) {
    const what =
      typeof list === "object" && list !== null ? "an object, as it was before August 2021" : "no list";
    const message = `${place}: is ${what}; write a JSON array of subscriptions`;
    throw new ConfigProblem("config_invalid", message, { mistakes: [{ at: place, message }] });
  }
  const mistakes: Remark[] = [];
  const remarks: Remark[] = [];
  const good: Subscription[] = [];
  const names = new Map<string, number>();
  for (const [index, each] of (list as unknown[]).entries()) {
    const before = mistakes.length;
    const at = `subscription ${index}${labelOf(each)}`;
    mistakes.push(...mistakesOf(each, at, fields, index));
    if (mistakes.length > before) continue;
    const given = each as Subscription;
    const first = names.get(nameOf(given));
    if (first !== undefined) {
      mistakes.push({
        at,
        index,
        message: `${at}: has the same app_name and app_env as subscription ${first}`,
      });
      continue;
    }
    names.set(nameOf(given), index);
    remarks.push(...remarksOf(given, at, index));
    good.push(given);
  }
  remarks.push(...shared(good));
  return { good, mistakes, remarks };
}

/** What is wrong with what somebody wants to add. */
export function mistakesOfAdded(given: unknown): readonly Remark[] {
  const known = isSubscription(given) ? Object.keys(given) : [];
  const unknown = known.filter((key) => !Object.hasOwn(dynamic, key));
  return [
    ...mistakesOf(given, "subscription", dynamic, 0),
    ...unknown.map((key) => ({
      at: `subscription: ${key}`,
      index: 0,
      message: `subscription: ${key}: is not known`,
    })),
  ];
}

function mistakesOf(
  each: unknown,
  at: string,
  wanted: Readonly<Record<string, Field>>,
  index: number,
): Remark[] {
  if (!isSubscription(each)) return [{ at, index, message: `${at}: has to be an object` }];
  const mistakes: Remark[] = [];
  for (const [key, { required: needed, check }] of Object.entries(wanted)) {
    const value = each[key];
    const wrong = value === undefined ? (needed ? "is missing" : undefined) : check(value, each);
    if (wrong !== undefined)
      mistakes.push({ at: `${at}: ${key}`, index, message: `${at}: ${key}: ${wrong}` });
  }
  return mistakes;
}

function remarksOf(given: Subscription, at: string, index: number): Remark[] {
  return Object.keys(given)
    .filter((key) => !Object.hasOwn(fields, key))
    .map((key) => ({ at: `${at}: ${key}`, index, message: `${at}: ${key}: is not known, and ignored` }));
}

/** Two that take from one queue would share its messages. */
function shared(good: readonly Subscription[]): Remark[] {
  const seen = new Map<string, string>();
  return good.flatMap((given, index) => {
    const { broker, queue } = given as { broker: string; queue: string };
    if (isRedis(broker)) return [];
    const key = `${broker} ${queue}`;
    const other = seen.get(key);
    if (other === undefined) seen.set(key, nameOf(given));
    const message = `${nameOf(given)}: takes from the queue "${queue}" of the same broker as ${other}: each gets only part of the events, give each its own queue`;
    return other === undefined ? [] : [{ at: nameOf(given), index, message }];
  });
}

function isSubscription(value: unknown): value is Subscription {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function labelOf(each: unknown): string {
  if (!isSubscription(each) || typeof each["app_name"] !== "string") return "";
  return ` (${nameOf(each)})`;
}

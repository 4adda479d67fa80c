import { ConfigProblem } from "../../core/problems.ts";
import { dynamic, type Field, fields, isRedis, nameOf, type Subscription } from "./subscription-fields.ts";

/** What is wrong with a subscription, or worth a remark. */
export interface Remark {
  /** `subscription 0 (shop-prod): prefetch_count` */
  readonly at: string;
  /** Which of the list. */
  readonly index: number;
  /** Begins with the place. */
  readonly message: string;
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

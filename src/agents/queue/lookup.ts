import { isObject, type Json, type JsonObject } from "./backend/json.ts";
import type { Event, EventProperties } from "./event.ts";
import { eventId } from "./event-id.ts";
import { asJson, parsedBody } from "./parsed.ts";

/** What placeholders are filled from. */
export interface Filling {
  readonly event: Event;
  /** The data of an answer, for `{data.…}`. */
  readonly data?: JsonObject | undefined;
  /** Values of earlier answers, for `{param.…}`. */
  readonly params?: Readonly<Record<string, string>> | undefined;
}

/** Finds one value; undefined where there is none. */
export type Lookup = (from: Filling) => Json | undefined;

/** Names of properties as the configuration spells them. */
export const properties: Readonly<Record<string, keyof EventProperties>> = {
  content_type: "contentType",
  content_encoding: "contentEncoding",
  message_id: "messageId",
  correlation_id: "correlationId",
  reply_to: "replyTo",
  type: "type",
  timestamp: "timestamp",
  priority: "priority",
  app_id: "appId",
  user_id: "userId",
  expiration: "expiration",
};

const known =
  "routing_key, exchange, id, body.PATH, header.NAME, property.NAME, data.PATH, param.NAME, RespN_PATH";

/** The lookup of a placeholder's name, such as `body.customer.id`, or what is wrong with it. */
export function lookup(name: string): Lookup | string {
  const [root = "", ...path] = name.split(".");
  const rest = path.join(".");
  if (path.includes("")) return `{${name}} has two dots in a row, or one at its end`;
  if (root === "body") return ({ event }) => within(wholeBody(event, path), path);
  if (root === "data") return ({ data }) => within(data, path);
  if (root === "header" && rest !== "") return ({ event }) => headerOf(event, rest);
  if (root === "param" && rest !== "") return ({ params }) => own(params, rest);
  if (root === "property") return property(name, rest);
  if (/^resp\d/i.test(name)) return ({ params }) => own(params, `R${name.slice(1)}`);
  if (name === "routing_key") return ({ event }) => event.routingKey;
  if (name === "exchange") return ({ event }) => event.exchange;
  if (name === "id") return ({ event }) => eventId(event);
  return `{${name}} is no placeholder; there are ${known}`;
}

function property(name: string, rest: string): Lookup | string {
  const key = own(properties, rest);
  if (key === undefined) {
    return `{${name}} is no property; there are ${Object.keys(properties).join(", ")}`;
  }
  return ({ event }) => event.properties[key];
}

/** All of it may be text that is no JSON. */
function wholeBody(event: Event, path: readonly string[]): Json | undefined {
  return parsedBody(event) ?? (path.length === 0 ? event.body.toString() : undefined);
}

/** As it was sent, or else in any letter case. */
function headerOf({ headers }: Event, name: string): Json | undefined {
  if (Object.hasOwn(headers, name)) return asJson(headers[name]);
  const key = Object.keys(headers).find((other) => other.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : asJson(headers[key]);
}

/** Goes into objects by key and into lists by index. */
function within(value: Json | undefined, path: readonly string[]): Json | undefined {
  let here = value;
  for (const step of path) {
    if (Array.isArray(here)) here = /^\d+$/.test(step) ? here[Number(step)] : undefined;
    else here = isObject(here) ? own(here, step) : undefined;
  }
  return here;
}

function own<T>(object: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return object && Object.hasOwn(object, key) ? object[key] : undefined;
}

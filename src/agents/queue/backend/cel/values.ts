import type { Event } from "../../event.ts";
import { properties } from "../../lookup.ts";
import { asJson, parsedBody } from "../../parsed.ts";
import { Failure, isObject, type Json, LosslessNumber } from "../json.ts";

/**
 * How numbers look to CEL. `text`: those of JSON are texts, as the peer has it, and those that Lua made are doubles.
 * `number`: a whole one of JSON is an int, any other a double.
 */
export type Numbers = "text" | "number";

/** JSON as CEL has it. Objects are maps, so that a field may be called `constructor`. */
export function celValue(value: Json | undefined, numbers: Numbers): unknown {
  if (value === undefined) return null;
  if (value instanceof LosslessNumber)
    return numbers === "text" ? value.toString() : number(value.toString());
  if (Array.isArray(value)) return value.map((item) => celValue(item, numbers));
  if (!isObject(value)) return value;
  // The library knows no such thing, and refuses whoever asks for more than whether it is there.
  if (value instanceof Failure) return value;
  return new Map(Object.entries(value).map(([key, inner]) => [key, celValue(inner, numbers)]));
}

/** Beyond 64 bits there are only doubles. */
function number(text: string): bigint | number {
  const int = /^-?\d{1,19}$/.test(text) ? BigInt(text) : undefined;
  return int !== undefined && BigInt.asIntN(64, int) === int ? int : Number(text);
}

/** Texts, or lists of texts, by name. */
export function celMap(given: Readonly<Record<string, unknown>>): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(given));
}

/**
 * The event as `event`: `body` (only if it is JSON), `headers`, `routing_key`, `exchange`, `redelivered` and
 * `properties`, in which only those are that it has.
 * @param mentioned the expressions that will look; a body nobody asks for is not parsed
 */
export function celEvent(event: Event, mentioned: readonly string[]): ReadonlyMap<string, unknown> {
  const made = new Map<string, unknown>([
    ["headers", celValue(whole(asJson(event.headers)), "number")],
    ["routing_key", event.routingKey],
    ["exchange", event.exchange],
    ["redelivered", event.redelivered],
    ["properties", celProperties(event)],
  ]);
  const body = mentioned.some((text) => text.includes("body")) ? parsedBody(event) : undefined;
  if (body !== undefined) made.set("body", celValue(body, "number"));
  return made;
}

function celProperties({ properties: given }: Event): ReadonlyMap<string, unknown> {
  const entries = Object.entries(properties).map(([name, key]) => [name, given[key]] as const);
  return new Map(
    entries
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, celValue(whole(value!), "number")]),
  );
}

/** Numbers of a protocol, such as a priority, are ints when they are whole; they were never spelled `1.0`. */
function whole(value: Json): Json {
  if (Number.isSafeInteger(value)) return new LosslessNumber(String(value));
  if (Array.isArray(value)) return value.map(whole);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, whole(inner)]));
}

import { isTooDeep } from "../../core/nesting.ts";
import type { Call } from "./backend/call.ts";
import { canonical, type Headers, TOKEN } from "./backend/headers.ts";
import type { Event } from "./event.ts";
import { eventId } from "./event-id.ts";

/** Attributes of a CloudEvent, and its extensions. */
export type Attributes = Readonly<Record<string, string>>;

/** How its attributes are spelled as headers: of HTTP, and of AMQP in both versions of the binding. */
const PREFIX = /^(?:ce-|cloudEvents[:_])/i;

/**
 * What a CloudEvent says of an event: what its producer said, and where it said nothing, what its source knows.
 * Source: CloudEvents 1.0.2.
 */
export function attributesOf(event: Event, agent: string): Attributes {
  const { properties, exchange, routingKey } = event;
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(event.headers)) {
    if (PREFIX.test(name) && value !== null && typeof value !== "object") {
      given[name.replace(PREFIX, "").toLowerCase()] = String(value);
    }
  }
  const { type } = properties;
  const time = momentOf(properties.timestamp);
  return {
    specversion: "1.0",
    id: eventId(event),
    source: `/${exchange === "" ? agent : exchange}`,
    type: type ?? (routingKey === "" ? "event" : routingKey),
    ...(time === undefined ? {} : { time }),
    ...(routingKey === "" ? {} : { subject: routingKey }),
    ...given,
  };
}

/** What a producer calls a time may be none: AMQP has room for any 64 bits. */
function momentOf(timestamp: number | undefined): string | undefined {
  const date = new Date(timestamp ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** Binary mode: attributes as headers, the body as it is. A name that no header may have is no attribute's either. */
export function binary(call: Call, attributes: Attributes): Call {
  const headers: Record<string, readonly string[]> = { ...call.headers };
  for (const [name, value] of Object.entries(attributes)) {
    if (TOKEN.test(name)) headers[canonical(`ce-${name}`)] = [headerText(value)];
  }
  return { ...call, headers };
}

/** Structured mode: attributes and body as one object in JSON. */
export function structured(call: Call, attributes: Attributes): Call {
  const type = call.headers["Content-Type"]?.[0];
  const head = JSON.stringify({ ...attributes, ...(type ? { datacontenttype: type } : {}) }).slice(0, -1);
  const headers: Headers = { ...call.headers, "Content-Type": ["application/cloudevents+json"] };
  return { ...call, headers, body: Buffer.from(`${head},${dataOf(call.body, type)}}`) };
}

/** A body that says it is JSON is put in as it is: nothing of it is read or rounded. */
function dataOf(body: Buffer, type: string | undefined): string {
  const text = body.toString("utf8");
  if (type !== undefined && /[/+]json\b/i.test(type) && isJson(text)) return `"data":${text}`;
  if (Buffer.from(text, "utf8").equals(body)) return `"data":${JSON.stringify(text)}`;
  return `"data_base64":"${body.toString("base64")}"`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Characters that no header may hold are percent-encoded, as the HTTP binding asks for; halves of one are replaced. */
function headerText(value: string): string {
  return Buffer.from(value)
    .toString("utf8")
    .replace(/[^\x21-\x7e]|["%]/gu, (char) => encodeURIComponent(char));
}

/** The event that a CloudEvent in JSON speaks of; any other event as it is. */
export function unwrapped(event: Event): Event {
  const { properties, headers, body } = event;
  if (!properties.contentType?.startsWith("application/cloudevents+json")) return event;
  const inner = fromStructured(body.toString("utf8"));
  if (!inner) return event;
  return {
    ...event,
    body: inner.body,
    headers: { ...headers, ...inner.headers },
    properties: { ...properties, ...inner.properties },
  };
}

/** An event out of a CloudEvent in JSON. @returns undefined for what is none */
export function fromStructured(text: string): Pick<Event, "body" | "headers" | "properties"> | undefined {
  // It would be taken apart and put together again.
  if (isTooDeep(text)) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (json === null || typeof json !== "object" || !("specversion" in json)) return undefined;
  const { data, data_base64, datacontenttype, ...attributes } = json as Record<string, unknown>;
  const headers = Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [`ce-${name}`, attributeText(value)]),
  );
  const contentType = typeof datacontenttype === "string" ? datacontenttype : "application/json";
  return {
    body: bodyOf(data, data_base64, contentType),
    headers,
    properties: { ...propertiesOf(attributes), contentType },
  };
}

/** An attribute is no object, but anybody may send one; not every object has a text. */
function attributeText(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function bodyOf(data: unknown, base64: unknown, type: string): Buffer {
  if (typeof base64 === "string") return Buffer.from(base64, "base64");
  if (data === undefined) return Buffer.alloc(0);
  if (typeof data === "string" && !/[/+]json\b/i.test(type)) return Buffer.from(data, "utf8");
  return Buffer.from(JSON.stringify(data), "utf8");
}

/** What the attributes say that the properties of a message have a place for. */
export function propertiesOf(attributes: Readonly<Record<string, unknown>>): Event["properties"] {
  const { id, type, time } = attributes;
  const timestamp = typeof time === "string" ? Date.parse(time) : Number.NaN;
  return {
    ...(typeof id === "string" ? { messageId: id } : {}),
    ...(typeof type === "string" ? { type } : {}),
    ...(Number.isNaN(timestamp) ? {} : { timestamp }),
  };
}

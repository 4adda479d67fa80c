import type { Call } from "./backend/call.ts";
import { canonical, TOKEN } from "./backend/headers.ts";
import { attributesOf, binary, structured } from "./cloud-event.ts";
import type { ForwardConfig } from "./config/delivery.ts";
import type { Event, EventProperties } from "./event.ts";
import { eventId } from "./event-id.ts";
import { headersOf, named, prefixOf } from "./going-along.ts";
import type { Profile } from "./profile.ts";
import { traceOf } from "./trace.ts";

type Own = Record<string, readonly string[]>;

/** Puts into the headers of a fresh call what an event says of itself besides its body. */
export type Forwarder = (event: Event, headers: Own) => void;

/** Headers that HTTP keeps for itself, and those of CloudEvents, which have a way of their own. */
const OF_HTTP =
  /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|host|content-length|expect|ce-.*|cloudevents[:_].*|__proto__)$/i;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Makes calls out of events, with what of them goes along. Source: krakend-async §11.3. */
export function caller(config: ForwardConfig, profile: Profile, agent: string): (event: Event) => Call {
  const forwarders = forwardersOf(config, profile);
  const shaped = shapes[config.format];
  return (event) => {
    const headers: Own = {};
    for (const forward of forwarders) forward(event, headers);
    return shaped(bare(event, headers), agent);
  };
}

/** A call before any layer saw it. */
export function bare(event: Event, headers: Own = {}): Call {
  return { event, method: "", path: "", url: "", query: {}, params: {}, headers, body: event.body };
}

const shapes: Record<ForwardConfig["format"], (call: Call, agent: string) => Call> = {
  plain: (call) => call,
  cloudevents: (call, agent) => binary(call, attributesOf(call.event, agent)),
  "cloudevents-structured": (call, agent) => structured(call, attributesOf(call.event, agent)),
};

function forwardersOf(config: ForwardConfig, { forwards }: Profile): Forwarder[] {
  const names = headersOf(config, forwards);
  const prefix = prefixOf(config, forwards);
  const key = canonical(config.idempotency ?? (forwards ? "Idempotency-Key" : ""));
  // Two events without an id may be equal and both meant; a backend that trusts such a key would drop the second.
  const idOf = config.idempotency === undefined ? ({ properties }: Event) => properties.messageId : eventId;
  return [
    names.length > 0 ? headersNamed(named(names)) : undefined,
    prefix === "" ? undefined : propertiesAs(prefix),
    (config.content_type ?? forwards) ? contentType : undefined,
    (config.trace ?? forwards) ? trace : undefined,
    key === "" ? undefined : idempotency(key, idOf),
  ].filter((forwarder) => forwarder !== undefined);
}

const trace: Forwarder = (event, headers) => {
  Object.assign(headers, traceOf(event));
};

function idempotency(name: string, idOf: (event: Event) => string | undefined): Forwarder {
  return (event, headers) => {
    if (!headers[name]) put(headers, name, idOf(event) || undefined);
  };
}

function headersNamed(wanted: (name: string) => boolean): Forwarder {
  return (event, headers) => {
    for (const [name, value] of Object.entries(event.headers)) {
      if (!OF_HTTP.test(name) && TOKEN.test(name) && wanted(name)) put(headers, name, value);
    }
  };
}

const PROPERTIES: Readonly<Record<keyof EventProperties, string>> = {
  contentType: "Content-Type",
  contentEncoding: "Content-Encoding",
  messageId: "Message-Id",
  correlationId: "Correlation-Id",
  replyTo: "Reply-To",
  type: "Type",
  timestamp: "Timestamp",
  priority: "Priority",
  appId: "App-Id",
  userId: "User-Id",
  expiration: "Expiration",
};

function propertiesAs(prefix: string): Forwarder {
  const names = Object.fromEntries(
    Object.entries(PROPERTIES).map(([property, name]) => [property, canonical(prefix + name)]),
  ) as Record<keyof EventProperties, string>;
  const [routingKey, exchange, redelivered] = ["Routing-Key", "Exchange", "Redelivered"].map((name) =>
    canonical(prefix + name),
  ) as [string, string, string];
  return (event, headers) => {
    const { properties } = event;
    for (const property in properties) {
      const name = names[property as keyof EventProperties];
      if (name !== undefined) put(headers, name, properties[property as keyof EventProperties]);
    }
    if (event.routingKey !== "") put(headers, routingKey, event.routingKey);
    if (event.exchange !== "") put(headers, exchange, event.exchange);
    if (event.redelivered) put(headers, redelivered, "true");
  };
}

const contentType: Forwarder = ({ properties, body }, headers) => {
  const { contentType: type, contentEncoding } = properties;
  if (type !== undefined) put(headers, "Content-Type", type);
  else if (looksLikeJson(body)) headers["Content-Type"] = ["application/json"];
  if (contentEncoding) put(headers, "Content-Encoding", contentEncoding);
};

/** Asked of the first and the last byte before anybody reads the rest: most bodies are told apart by them. */
function looksLikeJson(body: Buffer): boolean {
  const text = /^\s*[[{"\d\-tfn]/.test(body.toString("latin1", 0, 64)) ? body.toString("utf8") : undefined;
  if (text === undefined) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** What no header can hold is left out: half an event is worth more than none. */
function put(headers: Own, name: string, value: unknown): void {
  if (value === undefined || value === null || typeof value === "object") return;
  const text = String(value);
  if (VALUE.test(text)) headers[canonical(name)] = [text];
}

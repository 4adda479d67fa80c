import type { AmqpPublish } from "../../wire/amqp/sink.ts";
import type { Call } from "./backend/call.ts";
import type { Headers } from "./backend/headers.ts";
import { toMessage } from "./broker.ts";
import type { ForwardConfig } from "./config/delivery.ts";
import type { Event } from "./event.ts";
import { headersOf, named, prefixOf } from "./going-along.ts";
import type { Profile } from "./profile.ts";

const OF_CLOUD_EVENTS = /^Ce-/;

type Told = Readonly<Record<string, string>>;

/**
 * Makes messages out of calls, with what of their events goes along: headers under their own names and with their own
 * types, properties as properties. Sources: krakend-async §3.3, §11.3.
 */
export function messenger(config: ForwardConfig, profile: Profile): (call: Call) => AmqpPublish {
  const { forwards, publishesHeaders } = profile;
  const wanted = named(headersOf(config, forwards));
  const keepsProperties = prefixOf(config, forwards) !== "";
  const keepsType = config.content_type ?? forwards;
  return ({ event, headers, body }) => {
    const own = Object.fromEntries(Object.entries(event.headers).filter(([name]) => wanted(name)));
    const { contentType: given, contentEncoding, ...others } = event.properties;
    const contentType = headers["Content-Type"]?.[0] ?? (keepsProperties ? given : undefined);
    const properties: Event["properties"] = {
      ...(keepsProperties ? others : {}),
      ...(contentType === undefined ? {} : { contentType }),
      ...((keepsType || keepsProperties) && contentEncoding !== undefined ? { contentEncoding } : {}),
      ...(publishesHeaders ? { timestamp: Date.now() } : {}),
    };
    const more = publishesHeaders ? listsOf(headers, own) : traceIn(headers);
    return toMessage({ ...event, headers: own, properties, body }, { ...more, ...attributesIn(headers) });
  };
}

/** The headers of a call as they are, with their values as lists. What goes along by itself is not there twice. */
function listsOf(headers: Headers, own: Readonly<Record<string, unknown>>): Headers {
  const there = new Set(Object.keys(own).map((name) => name.toLowerCase()));
  const isNew = (name: string) => !OF_CLOUD_EVENTS.test(name) && !there.has(name.toLowerCase());
  return Object.fromEntries(Object.entries(headers).filter(([name]) => isNew(name)));
}

/** The trace goes on in the message. Source: W3C Trace Context, AMQP binding. */
function traceIn({ Traceparent: parent, Tracestate: state }: Headers): Told {
  return {
    ...(parent?.[0] === undefined ? {} : { traceparent: parent[0] }),
    ...(state?.[0] === undefined ? {} : { tracestate: state[0] }),
  };
}

/** Attributes of a CloudEvent in its binary form, spelled as AMQP has them. Source: CloudEvents 1.0.2, AMQP binding. */
function attributesIn(headers: Headers): Told {
  const attributes: Record<string, string> = {};
  for (const [name, [value = ""]] of Object.entries(headers)) {
    if (OF_CLOUD_EVENTS.test(name)) attributes[`cloudEvents:${name.slice(3).toLowerCase()}`] = decoded(value);
  }
  return attributes;
}

/** HTTP has them percent-encoded; what a layer has put there may not be. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

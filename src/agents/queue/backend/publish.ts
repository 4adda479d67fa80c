import { PartialProblem, Problem } from "../../../core/problems.ts";
import { AmqpSink } from "../../../wire/amqp/sink.ts";
import { targetOptions, toMessage } from "../broker.ts";
import type { AmqpTargetConfig } from "../config/broker.ts";
import { placeholders } from "../placeholders.ts";
import { type Answer, type Backend, failed } from "./call.ts";
import type { Headers } from "./headers.ts";
import type { Surroundings } from "./surroundings.ts";

/** Published, but no data came of it: where answers are merged, the whole is incomplete. Source: krakend-async §3.3. */
const PUBLISHED: Answer = { data: undefined, complete: true, status: 0, headers: {} };

/** A backend that publishes the event. It succeeds when the broker has confirmed. */
export function publisher(config: AmqpTargetConfig, around: Surroundings): Backend {
  const sink = new AmqpSink(targetOptions(config, "publisher"));
  around.owns(sink);
  const key = placeholders(config.routing_key);
  return async ({ event, params, body, headers }, signal) => {
    const routingKey = key({ event, params });
    const contentType = headers["Content-Type"]?.[0] ?? event.properties.contentType;
    const message = toMessage({ ...event, body }, attributesIn(headers));
    const properties = { ...message.properties, ...(contentType ? { contentType } : {}) };
    try {
      await sink.write([{ ...message, properties, routingKey }], signal);
      return PUBLISHED;
    } catch (error) {
      return failed(problemOf(error));
    }
  };
}

/** Attributes of a CloudEvent in its binary form, spelled as AMQP has them. Source: CloudEvents 1.0.2, AMQP binding. */
function attributesIn(headers: Headers): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [name, [value = ""]] of Object.entries(headers)) {
    if (name.startsWith("Ce-")) attributes[`cloudEvents:${name.slice(3).toLowerCase()}`] = decoded(value);
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

/** Only one was written, so what failed in part failed wholly. */
function problemOf(error: unknown): Problem {
  const problem = error instanceof PartialProblem ? error.failed.get(0) : error;
  if (problem instanceof Problem) return problem;
  throw error;
}

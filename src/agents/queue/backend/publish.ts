import { PartialProblem, Problem } from "../../../core/problems.ts";
import { AmqpSink } from "../../../wire/amqp/sink.ts";
import { targetOptions } from "../broker.ts";
import type { AmqpTargetConfig } from "../config/broker.ts";
import { placeholders } from "../placeholders.ts";
import { type Answer, type Backend, failed } from "./call.ts";
import type { Surroundings } from "./surroundings.ts";

/** Published, but no data came of it: where answers are merged, the whole is incomplete. Source: krakend-async §3.3. */
const PUBLISHED: Answer = { data: undefined, complete: true, status: 0, headers: {} };

/** A backend that publishes the event. It succeeds when the broker has confirmed. */
export function publisher(config: AmqpTargetConfig, around: Surroundings): Backend {
  const sink = new AmqpSink(targetOptions(config, "publisher"));
  around.owns(sink);
  const key = placeholders(config.routing_key);
  return async (call, signal) => {
    try {
      await sink.write([{ ...around.message(call), routingKey: key(call) }], signal);
      return PUBLISHED;
    } catch (error) {
      return failed(problemOf(error));
    }
  };
}

/** Only one was written, so what failed in part failed wholly. */
function problemOf(error: unknown): Problem {
  const problem = error instanceof PartialProblem ? error.failed.get(0) : error;
  if (problem instanceof Problem) return problem;
  throw error;
}

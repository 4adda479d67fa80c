import { readProducer } from "./amqp-target.ts";
import { readAnswer } from "./answer.ts";
import { readLayers } from "./backend-layers.ts";
import { backendTraps } from "./backend-traps.ts";
import type { Fields } from "./fields.ts";
import type { Given } from "./given.ts";
import { readHttp } from "./http.ts";
import { readLambda } from "./lambda.ts";
import { Components } from "./names.ts";
import type { Service } from "./service.ts";

/** One backend of the peer's file, and what it becomes. */
export interface Backend {
  readonly fields: Fields;
  /** Upper case, the default filled in. */
  readonly method: string;
  readonly shadow: boolean;
  /** In the shape of our configuration. */
  readonly ours: Readonly<Record<string, unknown>>;
}

/** Drivers that take or give events in a way we have none for: leaving them out would lose events. */
const MISSING: Readonly<Record<string, string>> = {
  "backend/amqp/consumer":
    "taking an answer out of another queue is not offered; let a second agent read that queue",
  "backend/pubsub/subscriber":
    "taking an answer out of another queue is not offered; let a second agent read it",
  "backend/pubsub/publisher":
    "this kind of publishing is not offered; for RabbitMQ use `backend/amqp/producer`, for others an HTTP gateway",
};

/** Source: krakend-async §5. */
export function readBackend(fields: Fields, service: Service): Backend {
  const components = new Components(fields);
  for (const [name, remedy] of Object.entries(MISSING)) {
    const found = components.find(name);
    if (found) fields.report.wrong(found.at, `\`${name}\` cannot be run: ${remedy}`);
  }
  const proxy = components.fields("proxy");
  const shadow = proxy?.flag("shadow") ?? false;
  const given = { fields, components, proxy, service };
  const ours = {
    ...readTarget(given),
    ...readRequest(fields),
    ...readAnswer(given),
    ...readLayers(given),
    ...(shadow && { shadow: readShadow(proxy!) }),
  };
  const method = (fields.text("method") || "GET").toUpperCase();
  backendTraps(given, method);
  return { fields, method, shadow, ours };
}

function readTarget(given: Given): Record<string, unknown> {
  const { components } = given;
  const lambda = components.fields("backend/lambda");
  const producer = components.fields("backend/amqp/producer");
  if (lambda) return { lambda: readLambda(lambda, given.fields) };
  if (producer) return { amqp: readProducer(producer, given) };
  return { http: readHttp(given) };
}

/** Source: krakend-async §5.22. */
function readRequest(fields: Fields): Record<string, unknown> {
  const headers = fields.texts("input_headers");
  const query = fields.texts("input_query_strings");
  // A list with one empty text lets nothing through; our reader of lists takes it for a list as well.
  if (headers.length + query.length === 0) return {};
  return {
    request: {
      ...(headers.length > 0 && { allow_headers: headers }),
      ...(query.length > 0 && { allow_query: query }),
    },
  };
}

/** Source: krakend-async §5.20. */
function readShadow(proxy: Fields): Record<string, unknown> {
  const timeout = proxy.duration("shadow_timeout");
  return timeout && timeout.ms > 0 ? { timeout: timeout.text } : {};
}

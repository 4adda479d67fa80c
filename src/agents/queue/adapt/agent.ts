import { agentRemark, readAgentLayers } from "./agent-layers.ts";
import { agentTraps } from "./agent-traps.ts";
import { readAmqpSource } from "./amqp-source.ts";
import { type Backend, readBackend } from "./backend.ts";
import type { Data } from "./convert.ts";
import { type Delivery, readDelivery, withAnswer } from "./delivery.ts";
import { durationText } from "./durations.ts";
import type { Fields } from "./fields.ts";
import { Components } from "./names.ts";
import type { Service } from "./service.ts";
import { readWishes, type Wishes } from "./wishes.ts";

/** An agent of the peer, and what it becomes. */
export interface Adopted {
  readonly name: string;
  /** How often it gives a sign of life on the peer's health endpoint. */
  readonly interval: string;
  readonly ours: Readonly<Record<string, unknown>>;
}

/**
 * Reads an entry of `async_agent`. @returns undefined for one without backends, which is left out, as the peer does
 */
export function readAgent(fields: Fields, index: number, service: Service): Adopted | undefined {
  const name = fields.text("name") || `AsyncAgent-${String(index).padStart(2, "0")}`;
  const components = new Components(fields);
  const wishes = readWishes(fields, service);
  const driver = readDriver(components, fields);
  const delivery = readDelivery(fields, driver);
  const inner = { ...service, workers: wishes.workers, safe: delivery.agent["profile"] === "safe" };
  const backends = fields.each("backend").map((each) => readBackend(each, inner));
  if (backends.length === 0) {
    fields.note("backend", `${name} has no backend, so it is left out, as KrakenD does`);
    return undefined;
  }
  if (backends.every(({ shadow }) => shadow))
    fields.wrong("backend", "all endpoints must have at least one backend");
  const layers = readAgentLayers(components, backends);
  const ours = { ...agentOf(wishes, driver, service), ...layers, ...delivery.agent };
  for (const rest of components.rest()) agentRemark(components, rest);
  const requeues = "requeue" in Object(ours["rejected"]) && !driver?.flag("auto_ack");
  if (!inner.safe) agentTraps({ fields, backends, ours, requeues });
  return { name, interval: wishes.interval, ours: withBackends(ours, backends, delivery) };
}

/** Backends stand where a reader looks for them: after the source. */
function withBackends(
  ours: Data,
  backends: readonly Backend[],
  { answer }: Delivery,
): Record<string, unknown> {
  const { kind, profile, from, ...rest } = ours;
  return { kind, profile, from, to: backends.map((backend) => withAnswer(backend.ours, answer)), ...rest };
}

function agentOf(wishes: Wishes, driver: Fields | undefined, { drain }: Service): Record<string, unknown> {
  const { topic, maxRetries, backoff, workers, timeout, maxRate } = wishes;
  return {
    kind: "queue",
    profile: "krakend",
    from: { amqp: driver ? readAmqpSource(driver, { topic, maxRetries, backoff }) : {} },
    workers,
    timeout: timeout.text,
    ...(maxRate > 0 && { max_rate: maxRate }),
    ...readGrace(timeout.ms, drain?.ms),
  };
}

/** Ours of `grace`, in milliseconds. */
const GRACE = 30_000;

/** An event in hand may be finished, but no longer than the service may take to end. Source: krakend-async §2.9. */
function readGrace(timeout: number, most = Number.POSITIVE_INFINITY): Record<string, unknown> {
  const grace = Math.min(Math.max(GRACE, timeout), most);
  return grace === GRACE ? {} : { grace: durationText(grace) };
}

/** The driver that owns the agent. Source: krakend-async §1.4. */
function readDriver(components: Components, fields: Fields): Fields | undefined {
  const driver = components.fields("async/amqp");
  const kafka = components.find("async/kafka");
  if (driver) return driver;
  if (kafka) {
    fields.report.wrong(
      kafka.at,
      "Kafka is no source yet: run this agent with KrakenD, or bridge its topic to RabbitMQ",
    );
    return undefined;
  }
  const seed = components.fields("backend/amqp/consumer");
  if (seed)
    fields.report.note(
      seed.at,
      "no released KrakenD starts an agent with this key, and it does not say so; here it is taken for `async/amqp`",
    );
  else
    fields.wrong(
      "extra_config",
      "there is no driver: KrakenD would leave the agent out without a word; give it `async/amqp`",
    );
  return seed;
}

import type { AmqpMessage, AmqpProperties, AmqpTable } from "../../wire/amqp/message.ts";
import { MOST_PREFETCH } from "../../wire/amqp/most-prefetch.ts";
import type { AmqpPublish, AmqpSinkOptions } from "../../wire/amqp/sink.ts";
import type { AmqpSourceOptions } from "../../wire/amqp/source.ts";
import type { AmqpExchange, AmqpQueue } from "../../wire/amqp/topology.ts";
import type { Config } from "./config/agent.ts";
import type { AmqpSourceConfig, AmqpTargetConfig } from "./config/broker.ts";
import { tlsFiles } from "./config/tls.ts";
import type { Event, EventProperties } from "./event.ts";

/** So many events for each worker: the one that it has, and ten that wait for their next try and hold no worker. */
const EACH = 11;

/** What our words for a source are to the wire. @param retried whether events wait here for their next try */
export function sourceOptions(
  config: AmqpSourceConfig,
  {
    name,
    workers,
    kept,
    retried,
  }: Readonly<Record<"kept" | "retried", boolean>> & Pick<Config, "workers"> & { readonly name: string },
): AmqpSourceOptions {
  const { routing_key, tag, no_local, exclusive, auto_ack, exchange } = config;
  return {
    ...brokerOptions(config, name),
    ...(exchange ? { exchange: exchangeOf(exchange) } : {}),
    queue: queueOf(config.queue),
    bindings: exchange && routing_key.length === 0 ? [""] : routing_key,
    bindingArguments: config.binding,
    // The peer's documentation says 10; with fewer than the workers, some would never have work. And events that wait
    // for their next try must not hold every place.
    prefetch: config.prefetch ?? Math.min(MOST_PREFETCH, Math.max(10, (retried ? EACH : 2) * workers)),
    autoAck: auto_ack,
    noLocal: no_local,
    exclusive,
    ...(tag === "" ? {} : { consumerTag: tag }),
    consumerArguments: config.arguments,
    onReject: kept ? "ack" : "discard",
  };
}

export function targetOptions(config: AmqpTargetConfig, name: string): AmqpSinkOptions {
  const { exchange, mandatory } = config;
  return {
    ...brokerOptions(config, name),
    ...(exchange ? { exchange: exchangeOf(exchange) } : {}),
    mandatory,
  };
}

export function toEvent({
  body,
  headers,
  properties,
  routingKey,
  exchange,
  redelivered,
}: AmqpMessage): Event {
  return { body, headers, properties: ourProperties(properties), routingKey, exchange, redelivered };
}

function ourProperties(given: AmqpProperties): EventProperties {
  const { timestamp } = given;
  if (timestamp === undefined && given.deliveryMode === undefined) return given;
  const { deliveryMode: _, ...others } = given;
  // AMQP counts seconds.
  return timestamp === undefined ? others : { ...others, timestamp: timestamp * 1_000 };
}

/** An event as a message with everything it came with. */
export function toMessage({ body, headers, properties }: Event, more: AmqpTable = {}): AmqpPublish {
  const { timestamp, userId: _, ...others } = properties;
  const at = timestamp === undefined ? {} : { timestamp: Math.floor(timestamp / 1_000) };
  // The broker refuses a message in the name of another user.
  return { body, headers: { ...(headers as AmqpTable), ...more }, properties: { ...others, ...at } };
}

function brokerOptions(config: AmqpSourceConfig | AmqpTargetConfig, name: string) {
  const { url, heartbeat, tls } = config;
  return { urls: url, heartbeat, name: `outrider ${name}`, ...(tls ? { tls: tlsFiles(tls) } : {}) };
}

function exchangeOf(given: NonNullable<AmqpSourceConfig["exchange"]>): AmqpExchange {
  const { auto_delete, ...others } = given;
  return { ...others, autoDelete: auto_delete };
}

function queueOf({ auto_delete, ...others }: AmqpSourceConfig["queue"]): AmqpQueue {
  return { ...others, autoDelete: auto_delete };
}

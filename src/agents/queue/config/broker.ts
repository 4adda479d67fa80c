import { z } from "zod";
import { duration, url } from "../../../config/units.ts";
import { MOST_PREFETCH } from "../../../wire/amqp/most-prefetch.ts";
import { tls } from "./tls.ts";

const args = z.record(z.string(), z.unknown()).default({}).describe("Arguments, such as `x-queue-type`.");
const declare = z
  .union([z.boolean(), z.literal("passive")])
  .default(true)
  .describe("Declare it; or `passive`: only see that it is there; or false: do nothing.");

const name = z.string().transform((text) => ({ name: text }));

const exchangeFields = z.strictObject({
  name: z.string(),
  type: z.string().min(1).default("topic").describe("`topic`, `direct`, `fanout`, `headers` or a plugin's."),
  durable: z.boolean().default(true),
  auto_delete: z.boolean().default(false),
  internal: z.boolean().default(false),
  arguments: args,
  declare,
});

const queueFields = z.strictObject({
  name: z.string().describe("Empty: the broker makes one up."),
  durable: z.boolean().default(true),
  auto_delete: z.boolean().default(false),
  exclusive: z.boolean().default(false),
  arguments: args,
  declare,
});

/** The name alone, or with what it is declared as. */
export const exchange = z.union([name.pipe(exchangeFields), exchangeFields]);
export const queue = z.union([name.pipe(queueFields), queueFields]);

export const amqpUrl = url(["amqp", "amqps"]);

export const brokerUrls = z
  .union([amqpUrl.transform((one) => [one]), z.array(amqpUrl).min(1)])
  .describe("`amqp://user:password@host:5672/vhost`, or several, tried in turn.");

/** The peer's strategies, and what bounds them. Source: krakend-async §2.6. */
export const reconnect = z
  .strictObject({
    strategy: z
      .enum(["constant", "linear", "linear-jitter", "exponential", "exponential-jitter"])
      .default("exponential-jitter")
      .describe("How the pause grows from 1s."),
    max: duration({ min: 1 })
      .optional()
      .describe("The longest pause. Default: 1m, or none in profile `krakend`."),
    times: z.int().min(0).default(0).describe("Give up after so many. 0: never."),
  })
  .prefault({})
  .describe("When the broker is away.");

/** Events from RabbitMQ. */
export const amqpSource = z.strictObject({
  url: brokerUrls,
  queue,
  exchange: exchange
    .optional()
    .describe("Where the queue is bound to. Without it, the queue is used as it is."),
  routing_key: z
    .union([z.string().transform((one) => [one]), z.array(z.string())])
    .default([])
    .describe("Binding keys: `*` is one word, `#` any number of words."),
  binding: z.record(z.string(), z.unknown()).default({}).describe("Arguments of the binding, for `headers`."),
  prefetch: z
    .int()
    .min(0)
    .max(MOST_PREFETCH)
    .optional()
    .describe(
      "So many events are out at once. 0: all. Default: eleven for each worker, as ten may wait for their next try; where none is tried again, two. At least 10.",
    ),
  auto_ack: z
    .boolean()
    .default(false)
    .describe("The broker forgets an event when it sends it: it may be lost."),
  exclusive: z.boolean().default(false).describe("Be the only consumer."),
  no_local: z
    .boolean()
    .default(false)
    .describe("Not what this connection has published. RabbitMQ takes no notice of it."),
  no_wait: z
    .boolean()
    .default(false)
    .describe("Taken and not heeded: what the broker answers to a declaration is waited for."),
  tag: z.string().default("").describe("Consumer tag. Empty: the broker makes one up."),
  arguments: args.describe("Arguments of the consumer."),
  heartbeat: duration({ min: 1_000 }).prefault("10s").describe("How a dead broker is noticed."),
  tls: tls.optional(),
  reconnect,
});

export type AmqpSourceConfig = z.output<typeof amqpSource>;
export type ReconnectConfig = z.output<typeof reconnect>;

/** Events to RabbitMQ, each confirmed. */
export const amqpTarget = z.strictObject({
  url: brokerUrls,
  exchange: exchange
    .optional()
    .describe("Default: the default exchange, whose routing keys are queue names."),
  routing_key: z.string().default("").describe("May hold placeholders, such as `{routing_key}`."),
  mandatory: z.boolean().default(false).describe("Refuse what no queue would get."),
  heartbeat: duration({ min: 1_000 }).prefault("10s"),
  tls: tls.optional(),
});

export type AmqpTargetConfig = z.output<typeof amqpTarget>;

import { MOST_PREFETCH } from "../../wire/amqp/most-prefetch.ts";
import { AmqpSource } from "../../wire/amqp/source.ts";
import { parseRedisBroker, type RedisBroker } from "../../wire/redis/broker-url.ts";
import { RedisPubSub } from "../../wire/redis/pubsub.ts";
import { patternsOf, unseen } from "./channels.ts";
import type { LineConfig } from "./config.ts";
import type { AmqpConfig, RedisConfig } from "./config-from.ts";
import { tlsFiles } from "./config-tls.ts";
import type { Counts } from "./counts.ts";

/** How often RabbitMQ is asked for the depth of the queue, in milliseconds. */
const DEPTH = 10_000;

/** The queue of a subscription. */
export function amqpSource(
  name: string,
  amqp: AmqpConfig,
  { batch, workers }: LineConfig,
  counts: Counts,
): AmqpSource {
  const { url, exchange, queue, routing_key, heartbeat, failover, queue_arguments } = amqp;
  return new AmqpSource({
    urls: failover === "shuffle" ? shuffled(url) : url,
    heartbeat,
    ...(amqp.tls && { tls: tlsFiles(amqp.tls) }),
    // As the peer names it, so that people find it where they look. Source: leek §2.4, §3.2.
    name: `leek-consumer::${name}`,
    consumerTag: `${name}1`,
    exchange: { name: exchange, type: "topic", declare: "adopt" },
    queue: { name: queue, arguments: queue_arguments, declare: "adopt" },
    bindings: [routing_key],
    // Fewer would not fill the batches that can be in flight. Source: leek §7.2.
    prefetch: Math.min(MOST_PREFETCH, Math.max(amqp.prefetch, batch.items * (workers + 1))),
    onReject: "ack",
    depth: { every: DEPTH, told: (messages) => (counts.depth = messages) },
  });
}

/** Events of that broker as they come from now on, in a queue of our own that goes with the connection. */
export function amqpGlance(amqp: AmqpConfig): AmqpSource {
  const { url, exchange, routing_key, heartbeat, tls } = amqp;
  return new AmqpSource({
    urls: url,
    heartbeat,
    ...(tls && { tls: tlsFiles(tls) }),
    exchange: { name: exchange, type: "topic", declare: "passive" },
    queue: { name: "", durable: false, exclusive: true, autoDelete: true },
    bindings: [routing_key],
    autoAck: true,
  });
}

/** The channels of a subscription. */
export function redisChannels(redis: RedisConfig): RedisPubSub {
  const broker = brokerOf(redis);
  const patterns = patternsOf(redis, broker.db, broker.sentinel !== undefined);
  return new RedisPubSub({ broker, patterns, ...(patterns.length > 1 && { accepts: unseen() }) });
}

export function brokerOf(redis: RedisConfig): RedisBroker {
  const { tls } = redis;
  return parseRedisBroker(redis.url, {
    master: redis.master_name,
    sentinelUser: redis.sentinel_user,
    sentinelPassword: redis.sentinel_password?.reveal(),
    sentinelTls: redis.sentinel_tls,
    tls: tls && tlsFiles(tls),
  });
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => [Math.random(), item] as const)
    .sort(([one], [other]) => one - other)
    .map(([, item]) => item);
}

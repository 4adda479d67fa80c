import { z } from "zod";
import { duration, oneOf, secret, size, url } from "../../config/units.ts";
import { MOST_PREFETCH } from "../../wire/amqp/most-prefetch.ts";
import { tls } from "./config-tls.ts";

const text = z.string().min(1);

const exchange = text.default("celeryev").describe("Celery's `event_exchange`.");
const routingKey = text.default("#").describe("Which events: `#` is all, `task.#` those of tasks.");

const amqpUrl = url(["amqp", "amqps", "pyamqp", "librabbitmq"]);

const amqp = z.strictObject({
  url: z
    .union([amqpUrl.transform((one) => [one]), z.array(amqpUrl).min(1)])
    .describe("`amqp://user:password@host:5672/vhost`, or several, tried in turn."),
  exchange,
  queue: text
    .default("leek.fanout")
    .describe("Made where it is missing, and taken over as it is where it is there."),
  routing_key: routingKey,
  prefetch: z
    .int()
    .min(1)
    .max(MOST_PREFETCH)
    .default(1_000)
    .describe("At most so many messages are out; more where batches and workers need it."),
  queue_arguments: z
    .record(z.string(), z.unknown())
    .default({})
    .describe(
      "Arguments of a new queue, such as `x-message-ttl`. A policy does the same for one that is there.",
    ),
  failover: z.enum(["round-robin", "shuffle"]).default("round-robin").describe("The order of several URLs."),
  heartbeat: duration({ min: 1_000 }).prefault("30s").describe("How a dead broker is noticed."),
  tls: tls.optional(),
});

export type AmqpConfig = z.output<typeof amqp>;

const redis = z.strictObject({
  url: text
    .regex(/^(?:redis|rediss|redis\+socket|unix|sentinel):\/\//, {
      error: "write redis://, rediss://, redis+socket:// or sentinel://",
    })
    .describe("As Celery has it; several sentinels are separated by semicolons."),
  exchange,
  routing_key: routingKey,
  global_keyprefix: z.string().default("").describe("Celery's transport option of this name."),
  fanout_prefix: z
    .union([z.boolean(), text])
    .default(true)
    .describe(
      "Celery's transport option: the database stands in the channel's name, or a text of yours, or nothing.",
    ),
  fanout_patterns: z
    .boolean()
    .default(true)
    .describe("Celery's transport option: the routing key stands in it."),
  master_name: text.optional().describe("What sentinels call the master."),
  sentinel_user: text.optional().describe("Who we are to the sentinels, where they have users."),
  sentinel_password: secret().optional().describe("What the sentinels themselves want to hear."),
  sentinel_tls: z
    .boolean()
    .optional()
    .describe("Whether the sentinels speak TLS. Default: as the master does."),
  tls: tls
    .optional()
    .describe(
      "With `rediss`, and with `sentinel`, where it switches TLS on. `ssl_…` in the URL goes before it.",
    ),
  spool: size()
    .prefault("1GB")
    .describe(
      "Events that wait, on disk, while Leek is away. When it is full, those go first that do not say how a task ended; they are counted.",
    ),
  standby: z
    .strictObject({
      key: text.optional().describe("Default: made of exchange, application and environment."),
      ttl: duration({ min: 300 })
        .prefault("15s")
        .describe("So long after the active one fell, another takes over."),
    })
    .optional()
    .describe(
      "Only one of several agents is active, by a lock in Redis: on Redis each would post every event.",
    ),
});

export type RedisConfig = z.output<typeof redis>;

const path = text.transform((one) => ({ path: one }));
const fileSource = z.strictObject({
  path: text,
  follow: z.boolean().default(false).describe("Wait for more at the end."),
});

/** Where events come from. */
export const source = oneOf({
  amqp: amqp.describe("RabbitMQ."),
  redis: redis.describe("Redis pub/sub."),
  file: z
    .union([path.pipe(fileSource), fileSource])
    .describe("Lines of a file, each an event or a list of events."),
}).describe("Where events come from.");

import { z } from "zod";
import { address, duration, isLoopback, oneOf, secret, size, url } from "../../config/units.ts";

const text = z.string().min(1);

const exchange = text.default("celeryev").describe("Celery's `event_exchange`.");
const routingKey = text.default("#").describe("Which events: `#` is all, `task.#` those of tasks.");

const amqpUrl = url(["amqp", "amqps", "pyamqp", "librabbitmq"]);

const tls = z.strictObject({
  ca: text.optional().describe("File with an authority to trust, besides those Node knows."),
  cert: text.optional().describe("File with our certificate."),
  key: text.optional().describe("File with its key."),
  verify: z.boolean().default(true).describe("Refuse a certificate that cannot be trusted."),
});

export type TlsConfig = z.output<typeof tls>;

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
    .max(65_535)
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
  sentinel_password: secret().optional(),
  verify: z.boolean().default(true).describe("With `rediss`: refuse a certificate that cannot be trusted."),
  spool: size()
    .prefault("1GB")
    .describe(
      "Events that wait, on disk, while Leek is away. When it is full, the oldest go, and are counted.",
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

const name = z.string().regex(/^[a-z]+$/, { error: "consists of small letters a to z alone" });

const leek = z.strictObject({
  url: url().describe("Leek's API. The path does not count, as with the peer; see `prefix`."),
  prefix: z.string().default("").describe("Stands before `/v1/…`, where Leek is behind a path."),
  org: text.default("mono").describe("The organisation; `mono` where Leek's authentication is off."),
  app: name.describe("The application's name in Leek."),
  env: name.default("prod").describe("The environment, such as `prod`."),
  key: secret().describe("The application's key, or the API's agent secret."),
  level: z
    .union([z.literal("auto"), z.literal(1), z.literal(2)])
    .default("auto")
    .describe("Which fields Leek knows: 1 up to 0.7.3, 2 from 0.7.4 on; `auto` asks it."),
  timeout: duration({ min: 1 }).prefault("60s").describe("How long Leek may take to answer."),
  tls: tls.optional(),
});

export type LeekConfig = z.output<typeof leek>;

const fileTarget = z.strictObject({
  path: text,
  env: name.default("prod").describe("`app_env` of the documents."),
});

/** Where documents go. */
export const target = oneOf({
  leek: leek.describe("Leek's API."),
  file: z
    .union([path.pipe(fileTarget), fileTarget])
    .describe("Documents, a line of JSON each, merged by batch."),
}).describe("Where documents go.");

/** What is said of one way from a broker to Leek. */
const shape = {
  batch: z
    .strictObject({
      items: z.int().min(1).default(1_000).describe("At most so many events are posted at once."),
      size: size().prefault("1MB").describe("… and so many bytes of messages."),
      window: duration({ min: 1 })
        .prefault("5s")
        .describe("… and never later than this after the first of them."),
    })
    .prefault({})
    .describe("How events are gathered."),
  workers: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe("So many posts at once. The events of one task, or of one worker, keep their order."),
  retry: z
    .strictObject({
      first: duration({ min: 1 }).prefault("1s").describe("The first pause, which doubles, with jitter."),
      max: duration({ min: 1 }).prefault("1m").describe("The longest pause."),
    })
    .prefault({})
    .describe("When broker or Leek are away. It is tried for ever."),
  rejected: z
    .strictObject({ file: z.strictObject({ path: text.optional() }) })
    .prefault({ file: {} })
    .describe("Where events are kept that Leek does not take. Default: a file below `state.dir`."),
  strict: z
    .boolean()
    .default(false)
    .describe(
      "Drop an event for an unknown field or a wrong type, as the peer does, and not only the field.",
    ),
  enable_events: z
    .boolean()
    .default(false)
    .describe("Tell workers to send task events, when we connect and whenever one comes online."),
};

/** One way from a broker to Leek. */
export const line = z.strictObject({ from: source, to: target, ...shape });

export type LineConfig = z.output<typeof line>;

const subscriptions = z
  .strictObject({
    fixed: z
      .record(z.string().min(1).max(200), line)
      .default({})
      .describe("Subscriptions by name that this file decides; nobody may change them from outside."),
    file: text
      .optional()
      .describe(
        "More of them, in the form of the Leek agent, read again when it changes. Default: below `state.dir`.",
      ),
    org: text
      .optional()
      .describe("Stands in for every `org_name` in the file: `mono` where authentication is off."),
    api: url().optional().describe("Leek's API for those that are added. Default `http://127.0.0.1:5000`."),
    key: secret()
      .optional()
      .describe("The agent secret of Leek's API. With it, `app_key` and `api_url` of the file do not count."),
    token: secret().optional().describe("Callers of `listen` send it as `Authorization: Bearer TOKEN`."),
  })
  .describe("Several subscriptions, fixed ones and such as come and go while it runs.");

export type SubscriptionsConfig = z.output<typeof subscriptions>;

export const config = z
  .strictObject({
    from: source.optional(),
    to: target.optional(),
    ...shape,
    subscriptions: subscriptions.optional(),
    listen: address()
      .optional()
      .describe("With `subscriptions`: where Leek's routes for agents are answered, `/v1/agent/…`."),
  })
  .refine(({ from, to, subscriptions: several }) => (several ? !from && !to : from && to), {
    error: "give `from` and `to`, or `subscriptions`",
  })
  .refine(({ listen, subscriptions: several }) => listen === undefined || several !== undefined, {
    path: ["listen"],
    error: "goes with `subscriptions`",
  })
  .refine(({ listen, subscriptions: several }) => !listen || isLoopback(listen) || several?.token, {
    path: ["listen"],
    error: "can be reached from elsewhere, so `subscriptions.token` has to be given",
  });

export type Config = z.output<typeof config>;

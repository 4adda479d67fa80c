import { z } from "zod";
import { address, duration, oneOf, secret, size, url } from "../../config/units.ts";
import { environmentOf } from "./secret-text.ts";

const sdkSecret = secret().refine((value) => environmentOf(value.reveal()) !== undefined, {
  error: "is no secret of an environment, they have 44 characters",
});

const environment = z.strictObject({
  server: sdkSecret.describe("The environment's server secret."),
  client: sdkSecret.optional().describe("Its client secret; without it, client SDKs are not served."),
  project: z.string().default("").describe("The project's key, for the status."),
  environment: z.string().default("").describe("The environment's key, for the status."),
});

const featbit = z
  .strictObject({
    url: url(["wss", "ws", "https", "http"]).describe("The evaluation server's address."),
    key: secret().optional().describe("The relay proxy's key, `rp-…`."),
    agent: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe("How this agent is registered; unique within the relay proxy. Needed with `key`."),
    environments: z
      .array(environment)
      .min(1)
      .optional()
      .describe(
        "Instead of `key`: follow single environments as an SDK does, with any version of the server.",
      ),
    resync: duration()
      .prefault("15m")
      .describe("How often everything is asked for, which is how deletions are noticed; 0s is never."),
    polling: z
      .boolean()
      .default(true)
      .describe("Ask by HTTP every 30 s while no WebSocket can be opened, where server secrets are known."),
  })
  .refine(({ key, environments }) => (key === undefined) !== (environments === undefined), {
    error: "give either `key` and `agent`, or `environments`",
    path: ["key"],
  })
  .refine(({ key, agent }) => key === undefined || agent !== undefined, {
    error: "is missing: an agent is registered by a name",
    path: ["agent"],
  });

const file = z.union([
  z
    .string()
    .min(1)
    .transform((path) => ({ path })),
  z.strictObject({ path: z.string().min(1) }),
]);

/** Where a Redis is; shared by what reads and what writes there. */
const redis = {
  url: url(["redis", "rediss", "unix"]).describe(
    "`redis://`, `rediss://` or `unix:///path`, with `/2` for a database; the password may stand in it.",
  ),
  password: secret().optional().describe("Overrides the one in the URL."),
  sentinel: z
    .strictObject({
      name: z.string().min(1).describe("The master's name."),
      nodes: z
        .array(z.string().regex(/^\S+:\d+$/))
        .min(1)
        .describe("Sentinels, `host:port`."),
    })
    .optional()
    .describe("Ask these sentinels where the master is; then host and port of `url` do not count."),
};

const from = oneOf({
  featbit: featbit.describe("A FeatBit server, or another Outrider."),
  file: file.describe("A dump; a change is noticed."),
  push: z.strictObject({}).describe("Nobody: data is posted to `/api/public/proxy/bootstrap`."),
  redis: z
    .strictObject({
      ...redis,
      resync: duration().prefault("15m").describe("How often everything is read again."),
    })
    .describe("The cache of a FeatBit server, read and never written."),
});

const anonymise = z
  .strictObject({
    user: z
      .enum(["keep", "hmac", "drop"])
      .default("keep")
      .describe("`hmac` writes a pseudonym for the key, `drop` counts what was served and forgets to whom."),
    salt: secret()
      .optional()
      .describe("What pseudonyms are made with; needed for `hmac`. Keep it, and keep it secret."),
    name: z.enum(["keep", "drop"]).default("drop").describe("Whether names leave."),
    keep: z
      .union([z.literal("*"), z.array(z.string())])
      .default([])
      .describe("Custom properties that may leave; `*` is all of them."),
  })
  .refine(({ user, salt }) => user !== "hmac" || salt !== undefined, {
    error: 'is missing: `user: hmac` needs one, such as "${SALT}"',
    path: ["salt"],
  });

const insights = z.strictObject({
  to: oneOf({
    featbit: z.strictObject({ url: url().describe("The event server's address.") }),
    file: z
      .strictObject({ path: z.string().min(1) })
      .describe("Lines of JSON in a local file: the data never leaves."),
  }).describe("Where insights go."),
  anonymise: anonymise.optional().describe("What of a user may leave. Without it: everything."),
  batch: z
    .strictObject({
      items: z.int().min(1).default(500).describe("At most so many events are sent at once."),
      window: duration().prefault("5s").describe("… and never later than this after the first of them."),
    })
    .prefault({})
    .describe("How events are gathered."),
  spool: size().prefault("64MiB").describe("How much is kept on disk while the event server is away."),
});

const limits = z.strictObject({
  connections: z.int().min(0).default(0).describe("How many SDKs may be connected; 0 is as many as can."),
  connections_per_environment: z.int().min(0).default(0).describe("… to one environment."),
  message: size().prefault("64KiB").describe("The largest message that an SDK may send."),
  buffered: size()
    .prefault("4MiB")
    .describe("An SDK for which more is waiting, besides what all of its kind are sent, is cut off."),
  stalled: duration({ min: 100 })
    .prefault("60s")
    .describe("An SDK that has read nothing for so long while something waits for it is cut off."),
  age: duration()
    .prefault("0s")
    .describe("Connections are ended after so long, for load balancers; 0s is never."),
});

const cors = z
  .strictObject({
    origins: z.array(z.string().min(1)).min(1).default(["*"]).describe("Who may ask from a browser."),
    credentials: z.boolean().default(false).describe("Whether browsers may send cookies."),
  })
  .refine(({ origins, credentials }) => !credentials || !origins.includes("*"), {
    error: 'is not allowed for every origin: browsers refuse it, name the origins instead of "*"',
    path: ["credentials"],
  });

export const config = z
  .strictObject({
    listen: address().describe("Where SDKs come in. The peer's port is 6100."),
    hosts: z
      .array(z.string().min(1).toLowerCase())
      .min(1)
      .optional()
      .describe(
        "The hosts this agent answers for; several agents may share one address if their hosts differ.",
      ),
    from: from.describe("Where flags come from."),
    key: secret()
      .optional()
      .describe(
        "Opens the routes under `/api/public/proxy`. Default: `from.featbit.key`; without any they are closed.",
      ),
    insights: insights
      .optional()
      .describe("What becomes of the usage data that SDKs send. Without it, it is taken and dropped."),
    store: z
      .strictObject({
        redis: z.strictObject({
          ...redis,
          prefix: z.string().default("featbit-agent:").describe("What our keys begin with."),
          single_writer: z
            .boolean()
            .default(false)
            .describe("One elected agent follows the server, the others follow it."),
        }),
      })
      .optional()
      .describe("Where data outlives the process, besides its own snapshot: for several agents together."),
    backup: z
      .union([
        z
          .string()
          .min(1)
          .transform((path) => ({ path, keep: 3 })),
        z.strictObject({
          path: z.string().min(1),
          keep: z.int().min(0).default(3).describe("Older generations that are kept."),
        }),
      ])
      .optional()
      .describe("A dump that is written after every change, and read at start. It holds secrets."),
    token_expiry: duration()
      .prefault("30s")
      .describe("How old a connection token may be; 0s is any age, for visitors with wrong clocks."),
    limits: limits.prefault({}).describe("What SDKs may take."),
    cors: cors.prefault({}).describe("Who may ask from a browser."),
    ofrep: z
      .strictObject({
        enabled: z.boolean().default(true).describe("Answer OpenFeature's remote evaluation protocol."),
        track: z.boolean().default(false).describe("Write an insight for each single evaluation."),
      })
      .prefault({})
      .describe("OpenFeature clients."),
    chain: z
      .strictObject({ keys: z.array(secret()).min(1).describe("Keys that let agents in.") })
      .optional()
      .describe("Serve other agents as the FeatBit server does."),
    max_stale: duration()
      .prefault("0s")
      .describe("Data that nobody has confirmed for so long makes `/health/readiness` fail; 0s is never."),
    drain: duration().prefault("10s").describe("Over how long SDKs are sent away when the agent stops."),
  })
  .superRefine(({ store, from: origin }, context) => {
    if (!store?.redis.single_writer || origin.featbit) return;
    const message = "has no meaning without `from.featbit`: nobody has to be elected";
    context.addIssue({ code: "custom", path: ["store", "redis", "single_writer"], message });
  });

export type Config = z.output<typeof config>;
export type FeatbitConfig = z.output<typeof featbit>;
export type InsightsConfig = z.output<typeof insights>;
export type AnonymiseConfig = z.output<typeof anonymise>;
export type RedisConfig = NonNullable<Config["from"]["redis"]>;

import { z } from "zod";
import { address, duration, secret, size } from "../../config/units.ts";
import { type featbit, from } from "./config-from.ts";
import { type anonymise, insights } from "./config-insights.ts";
import { store } from "./config-store.ts";

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
    client_secrets: z
      .array(
        z
          .strictObject({
            environment: z
              .string()
              .min(1)
              .optional()
              .describe("Its id, or `project:environment`: all of its own."),
            secret: secret().optional().describe("… or one alone."),
            origins: z
              .array(z.string().min(1))
              .min(1)
              .describe("As browsers say them: `https://shop.example`."),
          })
          .refine((each) => (each.environment === undefined) !== (each.secret === undefined), {
            error: "give either `environment` or `secret`",
          }),
      )
      .default([])
      .describe(
        "Pages of which origins may use a client secret; others are refused. Who says no origin, such as an app, is not.",
      ),
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
        redis: store,
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

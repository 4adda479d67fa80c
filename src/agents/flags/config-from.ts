import { z } from "zod";
import { duration, oneOf, secret, url } from "../../config/units.ts";
import { way } from "./config-way.ts";
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

/** A FeatBit server. */
export const featbit = z
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
      .union([
        z.boolean(),
        z.strictObject({
          after: duration({ min: 1 }).prefault("30s").describe("So long the stream has to be away first."),
          every: duration({ min: 1 }).prefault("30s").describe("The pause between two questions."),
        }),
      ])
      .default(true)
      .transform((given) => (given === true ? { after: 30_000, every: 30_000 } : given || undefined))
      .describe("Ask by HTTP while no WebSocket can be opened, where server secrets are known."),
    ...way,
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
export const redis = {
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

/** Where flags come from. */
export const from = oneOf({
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

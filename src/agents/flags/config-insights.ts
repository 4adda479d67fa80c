import { z } from "zod";
import { duration, oneOf, secret, size, url } from "../../config/units.ts";
import { way } from "./config-way.ts";

/** What of a user may leave. */
export const anonymise = z
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

/** What becomes of the usage data that SDKs send. */
export const insights = z.strictObject({
  to: oneOf({
    featbit: z.strictObject({ url: url().describe("The event server's address."), ...way }),
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
  spool: size()
    .prefault("64MiB")
    .describe("How much of each environment is kept on disk while the event server is away."),
});

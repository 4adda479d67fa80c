import { z } from "zod";
import { duration, secret, size, url } from "../../../config/units.ts";
import { veiledFields, veiledModifiers } from "./veil.ts";

/** The circuit breaker. Source: krakend-async §5.15. */
export const breaker = z.strictObject({
  errors: z.int().min(0).default(5).describe("Open after more than so many failures in a row."),
  open: duration({ min: 1 }).prefault("60s").describe("How long it stays open before one call may try."),
  clear: duration().prefault("0s").describe("Forget earlier failures this often. 0s: never."),
  name: z.string().default(""),
  log: z.boolean().default(true).describe("Log when it changes."),
  pause: z.boolean().default(true).describe("Take no events while the breaker of the only backend is open."),
});

/** A token bucket. Source: krakend-async §5.16. */
export const rate = z.strictObject({
  times: z.number().positive().describe("So many calls …"),
  every: duration({ min: 1 }).prefault("1s").describe("… in this time."),
  burst: z.int().min(0).default(0).describe("So many at once. 0: as many as come in a second, at least 1."),
  pause: z.boolean().default(true).describe("Take no events while the only backend may not be called."),
});

/** OAuth2 client credentials. Source: krakend-async §5.17. */
export const oauth = z.strictObject({
  token_url: url(),
  client_id: z.string(),
  client_secret: secret(),
  scopes: z.array(z.string()).default([]),
  params: z
    .record(z.string(), z.array(z.string()))
    .transform(veiledFields)
    .prefault({})
    .describe("More fields of the token request."),
});

/** Checks in CEL, in order; each text is an expression that must be true. Source: krakend-async §5.12. */
export const cel = z.array(z.string().min(1));

/** A Lua script around a call. Source: krakend-async §5.21. */
export const lua = z.strictObject({
  sources: z.array(z.string()).default([]).describe("Files that are run first."),
  pre: z.string().default("").describe("Code that runs before the call."),
  post: z.string().default("").describe("Code that runs after it, if it did not fail."),
  md5: z
    .record(z.string(), z.string())
    .default({})
    .describe("Checksums of the files; a wrong one is refused."),
  live: z.boolean().default(false).describe("Read the files again for each event."),
  libraries: z.boolean().default(false).describe("Allow `string`, `math`, `os` and `io`."),
  skip: z.boolean().default(false).describe("Do not call the backend."),
  time: duration({ min: 1 }).prefault("1s").describe("A script that takes longer is stopped."),
  memory: size().prefault("16MiB").describe("A script that needs more is stopped."),
});

/** A module of ours in place of Go's plug-ins. Source: krakend-async §11.9. */
export const module = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe("A JavaScript module; it exports `request` and `response`, or one of them."),
  options: z.record(z.string(), z.unknown()).default({}).describe("Handed to its functions."),
  timeout: duration({ min: 1 }).prefault("1s").describe("A function that takes longer fails the event."),
});

/** GraphQL. Source: krakend-async §5.19. */
export const graphql = z
  .strictObject({
    type: z.enum(["query", "mutation"]),
    query: z.string().min(1).optional(),
    file: z.string().min(1).optional().describe("A file with the query, in place of `query`; read at start."),
    operation: z.string().optional(),
    variables: z.record(z.string(), z.unknown()).default({}),
    method: z.enum(["GET", "POST"]).default("POST"),
  })
  .refine(({ query, file }) => (query === undefined) !== (file === undefined), {
    error: "give either `query` or `file`",
  });

/** A copy of the event whose result counts for nothing. Source: krakend-async §5.20. */
export const shadow = z.strictObject({
  timeout: duration({ min: 1 }).optional().describe("Default: that of the agent."),
});

/** Modifiers of the HTTP message. Source: krakend-async §5.13. */
export const martian = z.record(z.string(), z.unknown()).transform(veiledModifiers);

/** Data that is put over the answer. Source: krakend-async §5.10. */
export const fixed = z.strictObject({
  data: z.record(z.string(), z.unknown()),
  when: z.enum(["always", "success", "errored", "complete", "incomplete"]).default("always"),
});

/** Backends one after the other. Source: krakend-async §5.9. */
export const sequence = z.strictObject({
  params: z
    .array(z.string())
    .default([])
    .describe("Values of earlier answers, such as `resp0_id`, for later layers."),
});

export type BreakerConfig = z.output<typeof breaker>;
export type RateConfig = z.output<typeof rate>;
export type OauthConfig = z.output<typeof oauth>;
export type LuaConfig = z.output<typeof lua>;
export type ModuleConfig = z.output<typeof module>;
export type GraphqlConfig = z.output<typeof graphql>;
export type ShadowConfig = z.output<typeof shadow>;
export type FixedConfig = z.output<typeof fixed>;
export type SequenceConfig = z.output<typeof sequence>;

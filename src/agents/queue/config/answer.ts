import { z } from "zod";

const template: z.ZodType<unknown> = z.unknown();

/** What becomes of an answer: whether it is a success, how it is read, and what is kept of it. */
export const answer = z
  .strictObject({
    success: z
      .union([z.literal("2xx"), z.array(z.int().min(100).max(599)).min(1)])
      .optional()
      .describe("Statuses that mean success. Default: any 2xx; in profile `krakend` 200 and 201."),
    encoding: z
      .enum(["json", "safejson", "xml", "string", "no-op", "none"])
      .default("json")
      .describe(
        "How the body is read. `no-op` keeps it raw and takes any status for success; `none` checks the status and drops it.",
      ),
    collection: z.boolean().default(false).describe("The body is a list; it is put under `collection`."),
    undecodable: z
      .enum(["ignore", "fail"])
      .optional()
      .describe(
        "A good status with an empty body or one that cannot be read. Default: `ignore`; `fail` in profile `krakend`.",
      ),
    details: z
      .string()
      .optional()
      .describe(
        "A bad status is no failure: it stands under `error_NAME` in the data, and the answer is incomplete.",
      ),
    told: z.boolean().default(false).describe("The body of a bad status is the reason of the failure."),
    target: z.string().optional().describe("The object in the data that is the data, as a dotted path."),
    allow: z.array(z.string()).default([]).describe("Only these fields, as dotted paths."),
    deny: z.array(z.string()).default([]).describe("All but these fields, as dotted paths."),
    mapping: z.record(z.string(), z.string()).default({}).describe("New names for fields at the top."),
    group: z.string().optional().describe("Put the data under this name."),
    flatmap: z
      .array(z.strictObject({ type: z.string(), args: z.array(z.string()) }))
      .default([])
      .describe(
        "Operations on lists, in order: `move`, `del`, `append`. `allow`, `deny` and `mapping` mean nothing then.",
      ),
    template: template.optional().describe("New data, with placeholders such as `{data.id}`."),
  })
  .prefault({})
  .describe("What becomes of the answer.");

export type AnswerConfig = z.output<typeof answer>;

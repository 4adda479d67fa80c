import { z } from "zod";
import { duration, oneOf, size } from "../../config/units.ts";

const path = z.string().min(1);

/** The words are those of all kinds: `from` is the source, `to` the sink, and the rest stands where it means something. */
export const config = z.strictObject({
  from: oneOf({
    file: z
      .strictObject({ path, follow: z.boolean().default(false).describe("Wait for more at the end.") })
      .describe("Lines of JSON."),
  }).describe("Where items come from."),
  to: oneOf({ file: z.strictObject({ path }).describe("Lines of JSON, appended.") }).describe(
    "Where items go.",
  ),
  label: z.string().default("template").describe("Written into each item."),
  batch: z
    .strictObject({
      items: z.int().min(1).default(100).describe("At most so many items are written at once."),
      size: size().prefault("1MB").describe("… and so many bytes."),
      window: duration().prefault("1s").describe("… and never later than this after the first of them."),
    })
    .prefault({})
    .describe("How items are gathered."),
  rejected: z
    .strictObject({ file: z.strictObject({ path: path.optional() }) })
    .prefault({ file: {} })
    .describe("Where items are kept that cannot be used. Default: a file below `state.dir`."),
});

export type Config = z.output<typeof config>;

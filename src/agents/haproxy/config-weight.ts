import { z } from "zod";
import { duration, url } from "../../config/units.ts";
import { command } from "./config-votes.ts";

const limit = z.number().positive().optional().describe("The value that counts as full load.");

/** A weight that follows measured load. */
export const weight = z.strictObject({
  inputs: z
    .strictObject({
      cpu: z
        .strictObject({ limit })
        .optional()
        .describe("Busy share of the CPUs this process may use. Limit: 0.9."),
      load: z
        .strictObject({ limit })
        .optional()
        .describe("Load average of a minute for each core. Limit: 1."),
      memory: z
        .strictObject({ limit })
        .optional()
        .describe("Share of memory that is used, within the cgroup. Limit: 0.9."),
      pressure: z
        .strictObject({ limit })
        .optional()
        .describe("Share of the last 10 s in which something waited for memory (PSI). Limit: 0.2."),
      loop: z
        .strictObject({ limit })
        .optional()
        .describe("Delay of our event loop in milliseconds. Limit: 100."),
      connections: z
        .strictObject({ port: z.int().min(1).max(65_535), limit: z.number().positive() })
        .optional()
        .describe("Established connections to a local port."),
      http: z
        .strictObject({ url: url(), limit: z.number().positive() })
        .optional()
        .describe("The number that a URL answers."),
      command: z
        .strictObject({ run: command, limit: z.number().positive() })
        .optional()
        .describe("The number that a command prints."),
    })
    .refine((inputs) => Object.values(inputs).some((input) => input !== undefined), {
      error: "give at least one input",
    })
    .describe("What is measured; each is scaled to its limit."),
  combine: z.enum(["max", "mean"]).default("max").describe("How several loads become one."),
  min: z
    .int()
    .min(1)
    .max(256)
    .default(10)
    .describe("Percent at full load. Never 0: that would take the server out."),
  max: z.int().min(1).max(256).default(100).describe("Percent at no load."),
  step: z.int().min(1).default(5).describe("Smaller changes are not published, in points."),
  rise: z
    .int()
    .min(1)
    .default(10)
    .describe("How far the weight may rise at once, in points; it falls at once."),
  every: duration({ min: 100 }).prefault("1s").describe("The pause between two samples."),
  smooth: duration({ min: 1 }).prefault("10s").describe("Time constant of smoothing."),
  stale_after: duration().optional().describe("A silent input is stale after this. Default: three samples."),
  when_stale: z
    .union([z.enum(["keep", "omit"]), z.int().min(1).max(256)])
    .default("keep")
    .describe("With every input stale: keep the weight, leave it out, or take this number."),
  configured: z
    .int()
    .min(1)
    .max(256)
    .optional()
    .describe("The weight in HAProxy's configuration, to be warned when percents of it would come out as 0."),
});

export type WeightConfig = z.output<typeof weight>;

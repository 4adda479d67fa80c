import { z } from "zod";
import { address, duration } from "../../../config/units.ts";
import { answer } from "./answer.ts";
import { backend } from "./backend.ts";
import { batch, dedupe, forward, rejected, retry } from "./delivery.ts";
import { languageMistakes } from "./languages.ts";
import { cel, fixed, lua, module, sequence } from "./layers.ts";
import { mistakesIn } from "./mistakes.ts";
import { source } from "./source.ts";

const health = z.strictObject({
  listen: address(),
  path: z.string().default("/__health"),
  agents: z
    .record(z.string(), duration({ min: 1_000 }))
    .describe("Agents that are shown, and how often each gives a sign of life."),
  debug: z.boolean().default(false).describe("Answer `/__debug/` with `pong`."),
  echo: z.boolean().default(false).describe("Answer `/__echo/` with what was asked."),
});

const fields = z.strictObject({
  profile: z
    .enum(["safe", "krakend"])
    .default("safe")
    .describe("What is taken for granted: our defaults, or what KrakenD does."),
  from: source,
  listen: address().optional().describe("Where an inbox listens."),
  to: z.array(backend).min(1).describe("Backends; with several, all of them must take an event."),
  workers: z.int().min(1).default(10).describe("So many events at once."),
  timeout: duration({ min: 1 }).prefault("2s").describe("The time of an event with all its backends."),
  max_rate: z.number().min(0).default(0).describe("Events a second. 0: no limit."),
  lane: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Events with the same lane, such as `{body.customer}`, keep their order and never run side by side.",
    ),
  batch,
  filter: z
    .string()
    .min(1)
    .optional()
    .describe("An expression in CEL; events for which it is false are dropped."),
  dedupe: dedupe.optional().describe("Drop events that were delivered before."),
  transform: z.string().min(1).optional().describe("An expression in JSONata that makes a new body."),
  schema: z
    .union([z.boolean(), z.record(z.string(), z.unknown())])
    .optional()
    .describe("A JSON Schema for the body."),
  cel: cel.optional().describe("Checks of every event and its answer, in CEL."),
  lua: lua.optional().describe("A Lua script around all backends."),
  module: module.optional().describe("A JavaScript module around all backends."),
  sequence: sequence.optional().describe("Call backends one after the other instead of side by side."),
  copies: z
    .boolean()
    .optional()
    .describe(
      "Give each backend a body of its own. Default: yes; in profile `krakend` only if one of them writes.",
    ),
  flatmap: answer
    .unwrap()
    .shape.flatmap.describe("Operations on the merged data, where there are several backends."),
  static: fixed.optional().describe("Data that is put over the answer."),
  forward,
  retry,
  rejected,
  health: health.optional().describe("Serves KrakenD's health endpoint."),
});

export const config = fields
  .refine(({ from, listen }) => from.inbox === undefined || listen !== undefined, {
    path: ["listen"],
    error: "is missing: an inbox listens somewhere, such as 127.0.0.1:8090",
  })
  .refine(({ from, listen }) => from.inbox !== undefined || listen === undefined, {
    path: ["listen"],
    error: "goes with `from: { inbox: … }`, and only with it",
  })
  .refine(({ to }) => to.some(({ shadow }) => shadow === undefined), {
    path: ["to"],
    error: "all endpoints must have at least one backend: one without `shadow` is needed",
  })
  .refine(({ batch, to, sequence }) => batch.items === 1 || (to.length === 1 && sequence === undefined), {
    path: ["batch"],
    error: "several events in one call need exactly one backend",
  })
  .superRefine((given, context) => {
    for (const { path, message } of [...mistakesIn(given), ...languageMistakes(given)])
      context.addIssue({ code: "custom", path, message });
  });

export type Config = z.output<typeof config>;
export type HealthConfig = z.output<typeof health>;

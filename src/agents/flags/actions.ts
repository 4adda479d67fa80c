import { z } from "zod";
import { type Action, action } from "../../core/agent.ts";
import type { FlagsAgent } from "./agent.ts";
import { listFlags } from "./list.ts";
import { readUser } from "./user.ts";
import { why } from "./why.ts";

const sought = z.strictObject({
  search: z.string().optional().describe("Only flags whose key or name holds this."),
  most: z.int().min(1).max(1_000).default(100).describe("How many to list."),
});
const refreshing = z.strictObject({
  older: z
    .union([z.boolean(), z.enum(["true", "false"]).transform((text) => text === "true")])
    .default(false)
    .describe("Believe the server also where it has something older than we have: it was restored."),
});
const question = z.strictObject({
  flag: z.string().min(1).describe("The flag's key."),
  user: z.string().regex(/\S/, { error: "is blank" }).describe("The user's key."),
  environment: z
    .string()
    .optional()
    .describe("An environment's id, or project:environment; not needed where there is only one."),
  name: z.string().optional().describe("The user's name."),
  properties: z
    .union([z.record(z.string(), z.unknown()), z.string()])
    .optional()
    .describe('Custom properties: an object, or "country=fr,plan=pro".'),
});

export const actions: Readonly<Record<string, Action<FlagsAgent>>> = {
  why: action<FlagsAgent, typeof question>({
    summary: "What a flag serves to a user, and why: every rule and every condition.",
    input: question,
    run: ({ relay }, { flag, user: keyId, environment, name, properties }) => {
      const customizedProperties = Object.entries(propertiesIn(properties)).map(([property, value]) => ({
        name: property,
        value,
      }));
      return why(relay, { environment, flag, user: readUser({ keyId, name, customizedProperties })! });
    },
  }),
  flags: action<FlagsAgent, typeof sought>({
    summary: "The flags that are served, the newest changes first.",
    input: sought,
    run: ({ relay }, asked) => listFlags(relay, asked),
  }),
  refresh: action<FlagsAgent, typeof refreshing>({
    summary: "Ask the server for everything now: deletions, secrets, scope.",
    input: refreshing,
    run: (agent, { older }) => agent.refresh(older),
  }),
};

function propertiesIn(
  given: Readonly<Record<string, unknown>> | string = {},
): Readonly<Record<string, unknown>> {
  if (typeof given !== "string") return given;
  const pairs = given.split(",").map((pair) => pair.split(/=(.*)/s));
  return Object.fromEntries(pairs.map(([name = "", value = ""]) => [name.trim(), value]));
}

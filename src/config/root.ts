import { z } from "zod";
import type { AgentKind } from "../core/agent.ts";
import { fleetSchema } from "./fleet.ts";
import { type JsonSchema, jsonSchema } from "./json-schema.ts";
import { address, duration, isLoopback, secret } from "./units.ts";

/** What an agent is called: it becomes a metric label, a file name and part of a URL. */
const AGENT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

const admin = z
  .strictObject({
    listen: address().prefault("127.0.0.1:9900").describe("Where the admin API listens."),
    token: secret()
      .optional()
      .describe("Demanded as `Authorization: Bearer TOKEN`. Required on any address that is not loopback."),
  })
  .refine((value) => isLoopback(value.listen) || value.token !== undefined, {
    error: "an address that others can reach needs a `token`",
    path: ["listen"],
  });

const log = z.strictObject({
  level: z
    .enum(["debug", "info", "warn", "error"])
    .default("info")
    .describe("The least important level that is written."),
  format: z
    .enum(["auto", "json", "pretty"])
    .default("auto")
    .describe("`auto` is pretty on a terminal and JSON otherwise."),
});

/** Everything in the file but the agents. */
export const headSchema = z.strictObject({
  $schema: z.string().optional().describe("For editors; ignored."),
  admin: z
    .union([z.literal(false), admin], { error: "expected `false` or a map with `listen` and `token`" })
    .prefault({})
    .describe("The admin API; `false` turns it off."),
  state: z
    .strictObject({ dir: z.string().min(1).optional().describe("Where snapshots and spools are kept.") })
    .prefault({})
    .describe(
      "What outlives the process. Default folder: `/var/lib/outrider` for root, else `~/.local/state/outrider`.",
    ),
  log: log.prefault({}).describe("The log, on standard error."),
  fleet: fleetSchema
    .optional()
    .describe("Processes that report to one of them, so that all are seen in one place. Default: none."),
  grace: duration()
    .prefault("30s")
    .describe("How long an agent may take to finish after it was told to stop; then it is killed."),
});

export type Head = z.output<typeof headSchema>;

/** What every agent may say, whatever its kind. */
const common = {
  required: z.boolean().default(true).describe("`false` takes the agent out of the vote for `/readyz`."),
  grace: duration().optional().describe("As the global `grace`, for this agent alone."),
};

/** A kind's schema with `kind` and what is common to all. */
export function agentSchema(kind: AgentKind) {
  return kind.config.safeExtend({
    kind: z.literal(kind.kind).describe(kind.summary),
    ...common,
  });
}

export const agentName = z
  .string()
  .regex(AGENT_NAME, { error: "a name has up to 63 letters, digits, dots, dashes and underscores" });

/** The JSON Schema of a whole file, for editors and for "did you mean". */
export function rootJsonSchema(kinds: readonly AgentKind[]): JsonSchema {
  const [first, ...rest] = kinds.map(agentSchema);
  if (!first) throw new TypeError("at least one kind is needed");
  const agents = z.record(agentName, z.discriminatedUnion("kind", [first, ...rest])).prefault({});
  const root = headSchema.extend({ agents: agents.describe("The agents, by name.") });
  return {
    ...jsonSchema(root),
    $id: "https://outrider.dev/schema/outrider.schema.json",
    title: "Outrider configuration",
  } as JsonSchema;
}

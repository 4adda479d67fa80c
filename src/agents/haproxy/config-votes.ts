import { z } from "zod";
import { address, duration, url } from "../../config/units.ts";

export const command = z
  .tuple([z.string().min(1)], z.string())
  .describe("The program and its arguments; no shell in between.");

/** How a look becomes a vote. */
const how = {
  every: duration({ min: 100 }).prefault("2s").describe("The pause between two looks."),
  timeout: duration({ min: 10 }).prefault("1s").describe("How long a look may take."),
  rise: z.int().min(1).default(2).describe("So many good looks in a row make a good vote."),
  fall: z.int().min(1).default(3).describe("So many bad looks in a row make a bad vote."),
  weight: z.number().positive().default(1).describe("How much the vote counts."),
  asks: z.enum(["down", "drain"]).default("down").describe("What a bad vote asks for."),
};

const agentVote = z
  .union([
    z.string().transform((name) => ({ name })),
    z.strictObject({
      name: z.string(),
      max_lag: duration().optional().describe("Drain when the agent is further behind its origin than this."),
      every: duration({ min: 100 }).optional(),
      weight: z.number().positive().optional(),
    }),
  ])
  .transform((given) => ({ max_lag: undefined, every: 250, weight: 1, ...given }))
  .transform(({ name, max_lag, every, weight }) => ({
    name,
    max_lag,
    every: every ?? 250,
    weight: weight ?? 1,
  }));

/** Looks that can take a serving state away. */
export const votes = z.strictObject({
  need: z
    .union([z.enum(["all", "majority"]), z.number().positive()])
    .default("all")
    .describe("How much of the votes is needed: all, more than half of the weight, or so much weight."),
  agents: z
    .array(agentVote)
    .default([])
    .describe(
      "Other agents of this process: down while one is not ready, drain while one is too far behind.",
    ),
  http: z
    .array(z.strictObject({ url: url(), ...how }))
    .default([])
    .describe("URLs that should answer 2xx or 3xx."),
  tcp: z
    .array(z.strictObject({ address: address(), ...how }))
    .default([])
    .describe("Addresses that should accept a connection."),
  command: z
    .array(z.strictObject({ run: command, ...how }))
    .default([])
    .describe("Commands that should end with status 0; the last line they print is the reason if not."),
  file: z
    .array(
      z.strictObject({
        path: z.string().min(1),
        max_age: duration().optional().describe("The file must have changed within this time."),
        ...how,
      }),
    )
    .default([])
    .describe("Files that should exist."),
});

export type VotesConfig = z.output<typeof votes>;

import { z } from "zod";
import { type Action, action } from "../../core/agent.ts";
import { simply } from "../../core/simply.ts";
import type { CeleryAgent } from "./agent.ts";

const which = z.strictObject({
  subscription: z.string().optional().describe("One of several; without it, all of them."),
});
const limited = which.extend({
  limit: z.int().min(1).max(500).default(50).describe("At most so many; the total is told in any case."),
});
const picked = which.extend({
  ids: z.array(z.string()).optional().describe("Only these, as `set_aside` names them. Default: all."),
});
const lists = which.extend({
  queue: z.string().min(1).default("leek.fanout").describe("The queue that the Leek agent was given."),
  discard: z.boolean().default(false).describe("Let go of it unread, in place of posting it."),
});
const added = z.strictObject({
  subscription: z
    .record(z.string(), z.unknown())
    .describe("As the Leek agent writes it: broker, app_name, app_env …"),
});
const named = z.strictObject({ name: z.string().describe("Application, dash, environment.") });

export const actions: Readonly<Record<string, Action<CeleryAgent>>> = {
  replay: action<CeleryAgent, typeof picked>({
    summary: "Send again the events that were set aside.",
    input: picked,
    run: (agent, { subscription, ids }) => agent.replay(subscription, ids),
  }),
  set_aside: action<CeleryAgent, typeof limited>({
    summary: "The events that were set aside, the newest first, each with its reason.",
    input: limited,
    run: (agent, { subscription, limit }) => agent.setAside(limit, subscription),
  }),
  subscribe: action<CeleryAgent, typeof added>({
    summary: "Add a subscription, or replace the one of its name, while the others run.",
    input: added,
    run: (agent, { subscription }) => agent.subscribe(subscription),
  }),
  unsubscribe: action<CeleryAgent, typeof named>({
    summary: "Remove a subscription; what it holds is posted first.",
    input: named,
    run: (agent, { name }) => agent.unsubscribe(name),
  }),
  sweep: action<CeleryAgent, typeof lists>({
    summary: "Post what the Leek agent has left in lists of Redis, or let go of it.",
    input: lists,
    run: (agent, { subscription, ...options }) => agent.sweep(subscription, options),
  }),
  halt: simply("Stop all subscriptions until `resume`; what they hold is posted first.", (agent) =>
    agent.halt(),
  ),
  resume: simply("Start the subscriptions again.", (agent) => agent.resume()),
};

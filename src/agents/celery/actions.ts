import { z } from "zod";
import { type Action, action } from "../../core/agent.ts";
import type { CeleryAgent } from "./agent.ts";

const nothing = z.strictObject({});
const which = z.strictObject({
  subscription: z.string().optional().describe("One of several; without it, all of them."),
});
const limited = which.extend({
  limit: z.int().min(1).max(500).default(50).describe("At most so many; the total is told in any case."),
});
const picked = which.extend({
  ids: z.array(z.string()).optional().describe("Only these, as `set_aside` names them. Default: all."),
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
  halt: action<CeleryAgent, typeof nothing>({
    summary: "Stop all subscriptions until `resume`; what they hold is posted first.",
    input: nothing,
    run: (agent) => agent.halt(),
  }),
  resume: action<CeleryAgent, typeof nothing>({
    summary: "Start the subscriptions again.",
    input: nothing,
    run: (agent) => agent.resume(),
  }),
};

import { z } from "zod";
import { type Action, action } from "../../core/agent.ts";
import type { CeleryAgent } from "./agent.ts";

const nothing = z.strictObject({});
const which = z.strictObject({
  subscription: z.string().optional().describe("One of several; without it, all of them."),
});
const added = z.strictObject({
  subscription: z
    .record(z.string(), z.unknown())
    .describe("As the Leek agent writes it: broker, app_name, app_env …"),
});
const named = z.strictObject({ name: z.string().describe("Application, dash, environment.") });

export const actions: Readonly<Record<string, Action<CeleryAgent>>> = {
  replay: action<CeleryAgent, typeof which>({
    summary: "Send again the events that were set aside.",
    input: which,
    run: (agent, { subscription }) => agent.replay(subscription),
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

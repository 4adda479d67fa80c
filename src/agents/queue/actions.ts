import { z } from "zod";
import { type Action, action } from "../../core/agent.ts";
import type { QueueAgent } from "./agent.ts";

const nothing = z.strictObject({});

export const actions: Readonly<Record<string, Action<QueueAgent>>> = {
  pause: action<QueueAgent, typeof nothing>({
    summary: "Take no more events. What was taken is finished; what the broker sent ahead goes to others.",
    input: nothing,
    run: (agent) => agent.pause(),
  }),
  resume: action<QueueAgent, typeof nothing>({
    summary: "Take events again.",
    input: nothing,
    run: (agent) => agent.resume(),
  }),
  replay: action<QueueAgent, typeof nothing>({
    summary: "Send again what was set aside in a file.",
    input: nothing,
    run: (agent) => agent.replay(),
  }),
};

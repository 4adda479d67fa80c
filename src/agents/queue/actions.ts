import { z } from "zod";
import { type Action, action } from "../../core/agent.ts";
import { simply } from "../../core/simply.ts";
import type { QueueAgent } from "./agent.ts";

const limited = z.strictObject({
  limit: z.int().min(1).max(500).default(50).describe("At most so many; the total is told in any case."),
});
const picked = z.strictObject({
  ids: z.array(z.string()).optional().describe("Only these, as `set_aside` names them. Default: all."),
});

export const actions: Readonly<Record<string, Action<QueueAgent>>> = {
  pause: simply(
    "Take no more events. What was taken is finished; what the broker sent ahead goes to others.",
    (agent) => agent.pause(),
  ),
  resume: simply("Take events again.", (agent) => agent.resume()),
  replay: action<QueueAgent, typeof picked>({
    summary: "Send again what was set aside in a file.",
    input: picked,
    run: (agent, { ids }) => agent.replay(ids),
  }),
  set_aside: action<QueueAgent, typeof limited>({
    summary: "What was set aside in a file, the newest first, each with its reason.",
    input: limited,
    run: (agent, { limit }) => agent.setAside(limit),
  }),
};

import type { Action } from "../../core/agent.ts";
import { simply } from "../../core/simply.ts";
import type { QueueAgent } from "./agent.ts";

export const actions: Readonly<Record<string, Action<QueueAgent>>> = {
  pause: simply(
    "Take no more events. What was taken is finished; what the broker sent ahead goes to others.",
    (agent) => agent.pause(),
  ),
  resume: simply("Take events again.", (agent) => agent.resume()),
  replay: simply("Send again what was set aside in a file.", (agent) => agent.replay()),
};

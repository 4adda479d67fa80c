import { defineAgent } from "../../core/agent.ts";
import { actions } from "./actions.ts";
import { leek } from "./adapt.ts";
import { CeleryAgent } from "./agent.ts";
import { config } from "./config.ts";
import { metrics } from "./metrics.ts";

/** The `celery` kind: Celery's monitoring events, from RabbitMQ or Redis, to Leek. */
export const celery = defineAgent<typeof config, CeleryAgent>({
  kind: "celery",
  summary: "Carries Celery's events from RabbitMQ or Redis to Leek.",
  config,
  create: (given, host) => new CeleryAgent(given, host),
  claims: ({ listen, supervisord }) => [
    ...(listen === undefined ? [] : [{ address: listen, alone: false }]),
    ...(supervisord === undefined ? [] : [{ address: supervisord, alone: true }]),
  ],
  actions,
  metrics: Object.values(metrics),
  adapters: [leek],
});

export type { CeleryAgent } from "./agent.ts";

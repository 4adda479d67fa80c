import { defineAgent } from "../../core/agent.ts";
import { LazyModule } from "../../core/lazy-module.ts";
import { actions } from "./actions.ts";
import { leek } from "./adapt.ts";
import type { CeleryAgent } from "./agent.ts";
import { config } from "./config.ts";
import { headline, metrics } from "./metrics.ts";

const agent = new LazyModule(() => import("./agent.ts"));

/** The `celery` kind: Celery's monitoring events, from RabbitMQ or Redis, to Leek. */
export const celery = defineAgent<typeof config, CeleryAgent>({
  kind: "celery",
  summary: "Carries Celery's events from RabbitMQ or Redis to Leek.",
  config,
  load: agent.load,
  create: (given, host) => new agent.module.CeleryAgent(given, host),
  claims: ({ listen, supervisord }) => [
    ...(listen === undefined ? [] : [{ address: listen, alone: false }]),
    ...(supervisord === undefined ? [] : [{ address: supervisord, alone: true }]),
  ],
  actions,
  metrics: Object.values(metrics),
  headline,
  example: {
    from: { amqp: { url: "amqp://guest:guest@127.0.0.1:5672" } },
    to: { leek: { url: "http://127.0.0.1:5000", app: "shop", env: "prod", key: "app-key" } },
  },
  adapters: [leek],
});

export type { CeleryAgent } from "./agent.ts";

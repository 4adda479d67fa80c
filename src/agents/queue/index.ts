import type { Claim } from "../../core/agent.ts";
import { defineAgent } from "../../core/agent.ts";
import { LazyModule } from "../../core/lazy-module.ts";
import { actions } from "./actions.ts";
import { krakend } from "./adapt/index.ts";
import type { QueueAgent } from "./agent.ts";
import { type Config, config } from "./config/agent.ts";
import { headline, metrics } from "./metrics.ts";

const agent = new LazyModule(() => import("./agent.ts"));

/** The `queue` kind: events from a queue through a pipeline to backends. */
export const queue = defineAgent<typeof config, QueueAgent>({
  kind: "queue",
  summary: "Consumes queues and pushes each event through a pipeline to HTTP backends.",
  config,
  load: agent.load,
  create: (given, host) => new agent.module.QueueAgent(given, host),
  claims,
  actions,
  metrics: Object.values(metrics),
  headline,
  example: {
    from: { amqp: { url: "amqp://guest:guest@127.0.0.1:5672", queue: "orders" } },
    to: [{ http: { url: "http://127.0.0.1:3000", path: "/orders" } }],
  },
  adapters: [krakend],
});

function claims({ listen, health }: Config): readonly Claim[] {
  const addresses = [listen, health?.listen].filter((address) => address !== undefined);
  return addresses.map((address) => ({ address, alone: false }));
}

export type { QueueAgent } from "./agent.ts";

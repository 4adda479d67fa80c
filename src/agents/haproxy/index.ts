import { defineAgent } from "../../core/agent.ts";
import { LazyModule } from "../../core/lazy-module.ts";
import { actions } from "./actions.ts";
import { hapgent } from "./adapt.ts";
import type { HaproxyAgent } from "./agent.ts";
import { config } from "./config.ts";
import { headline, metrics } from "./metrics.ts";

const agent = new LazyModule(() => import("./agent.ts"));

/** The `haproxy` kind: answers HAProxy's agent checks from a state file, signals, actions, votes or measured load. */
export const haproxy = defineAgent<typeof config, HaproxyAgent>({
  kind: "haproxy",
  summary: "Answers HAProxy's agent checks.",
  config,
  load: agent.load,
  create: (given, host) => new agent.module.HaproxyAgent(given, host),
  claims: ({ listen }) => [{ address: listen, alone: true }],
  watches: ({ votes, services = {} }) =>
    [votes, ...Object.values(services).map((service) => service.votes)].flatMap(
      (each) => each?.agents.map(({ name }) => name) ?? [],
    ),
  actions,
  signals: ({ signals }) => (signals ? { SIGUSR1: "up", SIGUSR2: "down", SIGHUP: "reread" } : {}),
  metrics: Object.values(metrics),
  headline,
  example: { listen: "127.0.0.1:9777", from: { file: "/etc/outrider/state.json" } },
  adapters: [hapgent],
});

export type { HaproxyAgent } from "./agent.ts";

import { defineAgent } from "../../core/agent.ts";
import { LazyModule } from "../../core/lazy-module.ts";
import { actions } from "./actions.ts";
import { featbit } from "./adapt.ts";
import type { FlagsAgent } from "./agent.ts";
import { config } from "./config.ts";
import { headline, metrics } from "./metrics.ts";

const agent = new LazyModule(() => import("./agent.ts"));

/** The `flags` kind: a relay for FeatBit's feature flags that goes on when the server is away. */
export const flags = defineAgent<typeof config, FlagsAgent>({
  kind: "flags",
  summary: "Relays feature flags from a FeatBit server, or a file, to SDKs.",
  config,
  load: agent.load,
  create: (given, host) => new agent.module.FlagsAgent(given, host),
  claims: ({ listen, hosts }) => [{ address: listen, alone: false, hosts }],
  actions,
  metrics: Object.values(metrics),
  headline,
  example: { listen: "127.0.0.1:6100", from: { file: "/etc/outrider/flags.json" } },
  adapters: [featbit],
});

export type { FlagsAgent } from "./agent.ts";

import { defineAgent } from "../../core/agent.ts";
import { LazyModule } from "../../core/lazy-module.ts";
import { actions } from "./actions.ts";
import { flecto } from "./adapt.ts";
import type { RedirectsAgent } from "./agent.ts";
import { config } from "./config.ts";
import { headline, metrics } from "./tally.ts";

const agent = new LazyModule(() => import("./agent.ts"));

/** The `redirects` kind: serves redirects and pages decided by a Flecto Manager or a file. */
export const redirects = defineAgent<typeof config, RedirectsAgent>({
  kind: "redirects",
  summary: "Serves redirects and pages decided by a manager or a file.",
  config,
  load: agent.load,
  create: (given, host) => new agent.module.RedirectsAgent(given, host),
  claims: ({ listen, hosts }) => (listen === undefined ? [] : [{ address: listen, alone: false, hosts }]),
  actions,
  metrics: Object.values(metrics),
  headline,
  example: { listen: "127.0.0.1:8080", from: { file: "/etc/outrider/rules.yaml" } },
  adapters: [flecto],
});

export type { PageContent, Redirect, RedirectsAgent } from "./agent.ts";
export type { Answer, Asking } from "./answer.ts";

import { defineAgent } from "../../core/agent.ts";
import { LazyModule } from "../../core/lazy-module.ts";
import { actions } from "./actions.ts";
import { templatePeer } from "./adapt.ts";
import type { TemplateAgent } from "./agent.ts";
import { config } from "./config.ts";
import { headline, metrics } from "./metrics.ts";

const agent = new LazyModule(() => import("./agent.ts"));

/** The `template` kind: carries items from one file to another. Copy it with `npm run new-kind -- NAME`. */
export const template = defineAgent<typeof config, TemplateAgent>({
  kind: "template",
  summary: "Carries items from one file to another and labels them.",
  config,
  load: agent.load,
  create: (given, host) => new agent.module.TemplateAgent(given, host),
  actions,
  metrics: Object.values(metrics),
  headline,
  example: { from: { file: { path: "in.ndjson" } }, to: { file: { path: "out.ndjson" } } },
  adapters: [templatePeer],
});

export type { TemplateAgent } from "./agent.ts";

import type { Adapted, Adapter, AdapterInput } from "../../core/agent.ts";
import { ConfigProblem } from "../../core/problems.ts";

/** A peer that is configured by three variables. An adapter looks at nothing but its input. */
export const templatePeer: Adapter = {
  name: "template-peer",
  summary: "the environment variables TEMPLATE_IN, TEMPLATE_OUT and TEMPLATE_COLOUR",
  detect: (env) => env["TEMPLATE_IN"] !== undefined && env["TEMPLATE_OUT"] !== undefined,
  adapt: ({ env }: AdapterInput): Adapted => ({
    agents: {
      items: {
        kind: "template",
        from: { file: { path: given(env, "TEMPLATE_IN") } },
        to: { file: { path: given(env, "TEMPLATE_OUT") } },
      },
    },
    // Each note names the place in the input that it is about.
    notes: env["TEMPLATE_COLOUR"]
      ? [{ at: "TEMPLATE_COLOUR", message: "items have no colour here, the variable is ignored" }]
      : [],
  }),
};

function given(env: AdapterInput["env"], name: string): string {
  const value = env[name];
  if (value) return value;
  const message = `${name} is not set, give it a path`;
  throw new ConfigProblem("config_invalid", message, { mistakes: [{ at: name, message }] });
}

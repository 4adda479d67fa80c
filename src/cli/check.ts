import { defineCommand } from "citty";
import { kinds } from "../agents/kinds.ts";
import { findConfiguration } from "../runtime/configuration.ts";
import { checkPlans } from "../runtime/plan.ts";
import { exit } from "./exit.ts";
import { configOption, wantedOf } from "./options.ts";

/** `outrider check`: every mistake of a configuration, without starting anything. */
export const check = defineCommand({
  meta: { name: "check", description: "Check a configuration and name every mistake with its place" },
  args: {
    ...configOption,
    from: { type: "string", description: "The configuration is that of another agent.", valueHint: "peer" },
    file: { type: "positional", required: false, description: "The configuration, instead of --config." },
  },
  run: ({ args }) => {
    const found = findConfiguration({ ...wantedOf(args), env: process.env, kinds });
    const config = found.load();
    checkPlans(config);
    const names = [...config.agents].map(([name, { kind }]) => `${name} (${kind.kind})`);
    console.log(`${found.what} is fine: ${names.join(", ") || "no agents"}`);
    for (const { at, message } of found.notes) console.log(`note  ${at}: ${message}`);
    return exit.ok;
  },
});

import { defineCommand } from "citty";
import { kinds } from "../agents/kinds.ts";
import { messageOf, Problem } from "../core/problems.ts";
import { findConfiguration } from "../runtime/configuration.ts";
import { probeAgents } from "../runtime/probe.ts";
import { exit } from "./exit.ts";
import { configOption } from "./options.ts";

/** `outrider probe`: connects to everything that the agents need, taking nothing. */
export const probe = defineCommand({
  meta: { name: "probe", description: "Try every connection that the agents need, without starting them" },
  args: {
    ...configOption,
    from: { type: "string", description: "The configuration is that of another agent.", valueHint: "peer" },
    timeout: { type: "string", default: "10", description: "How long to wait for each agent, in seconds." },
    file: { type: "positional", required: false, description: "The configuration, instead of --config." },
  },
  run: async ({ args }) => {
    const found = findConfiguration({
      config: args.config ?? args.file,
      from: args.from,
      env: process.env,
      kinds,
    });
    let failed = 0;
    for await (const { name, error } of probeAgents(found.load(), Number(args.timeout) * 1_000)) {
      console.log(error === undefined ? `${name}: fine` : `${name}: ${messageOf(error)}`);
      if (error === undefined) continue;
      failed++;
      if (error instanceof Problem) console.log(`  ${error.remedy}`);
    }
    return failed === 0 ? exit.ok : exit.failed;
  },
});

import { defineCommand } from "citty";
import { kinds } from "../agents/kinds.ts";
import { messageOf } from "../core/problems.ts";
import { failureOf, findConfiguration } from "../runtime/configuration.ts";
import { ProcessLog } from "../runtime/log.ts";
import { runProcess } from "../runtime/process.ts";
import type { Signals } from "../runtime/signals.ts";
import { exit } from "./exit.ts";
import { configOption, wantedOf } from "./options.ts";

/** `outrider run`: runs until a signal ends it. */
export function run(signals: Signals) {
  return defineCommand({
    meta: { name: "run", description: "Run the agents of a configuration until SIGTERM or SIGINT" },
    args: {
      ...configOption,
      from: {
        type: "string",
        description:
          "The configuration is that of another agent, and is run as it is. More agents may follow: --from krakend krakend.json leek leek.env.",
        valueHint: "peer",
      },
      file: { type: "positional", required: false, description: "The configuration, instead of --config." },
    },
    run: async ({ args }) => {
      const { env } = process;
      const wanted = { ...wantedOf(args), env, kinds };
      try {
        const found = findConfiguration(wanted);
        await runProcess({ found, kinds, env, log: new ProcessLog(), signals });
        return exit.ok;
      } catch (error) {
        const status = failureOf(wanted);
        if (status === undefined) throw error;
        console.error(messageOf(error));
        return status;
      }
    },
  });
}

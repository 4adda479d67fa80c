import { defineCommand } from "citty";
import { kinds } from "../agents/kinds.ts";
import { adapterOf, adaptersOf, adaptFrom, yamlOf } from "../runtime/configuration.ts";
import { exit } from "./exit.ts";

/** `outrider adapt`: prints another agent's configuration as ours, with notes on what cannot be carried over. */
export const adapt = defineCommand({
  meta: { name: "adapt", description: "Print another agent's configuration as an Outrider configuration" },
  args: {
    peer: {
      type: "positional",
      required: true,
      description: adaptersOf(kinds)
        .map(({ name, summary }) => `${name}: ${summary}`)
        .join("; "),
    },
    file: { type: "positional", required: false, description: "Its configuration file, if it has one." },
  },
  run: ({ args }) => {
    const adapted = adaptFrom(adapterOf(kinds, args.peer), args.file, process.env);
    for (const { at, message } of adapted.notes) console.log(`# ${at}: ${message}`);
    console.log(yamlOf(adapted).trimEnd());
    return exit.ok;
  },
});

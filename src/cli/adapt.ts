import { defineCommand } from "citty";
import { kinds } from "../agents/kinds.ts";
import { adaptAll, adaptersOf, peersOf } from "../runtime/adaption.ts";
import { clashesOf, yamlOf } from "../runtime/configuration.ts";
import { exit } from "./exit.ts";
import { progressOption } from "./options.ts";
import { ProgressLine } from "./progress.ts";

/** `outrider adapt`: prints other agents' configurations as one of ours, with notes on what cannot be carried over. */
export const adapt = defineCommand({
  meta: {
    name: "adapt",
    description:
      "Print other agents' configurations as one of ours: outrider adapt krakend krakend.json leek leek.env hapgent",
  },
  args: {
    ...progressOption,
    peer: {
      type: "positional",
      required: true,
      description: adaptersOf(kinds)
        .map(({ name, summary }) => `${name}: ${summary}`)
        .join("; "),
    },
    file: {
      type: "positional",
      required: false,
      description:
        "Its configuration file, if it has one, or a file of variables that ends in .env. Then more agents with theirs.",
    },
  },
  run: ({ args }) => {
    const line = new ProgressLine(args.progress);
    const peers = peersOf(kinds, args._);
    const adapted = adaptAll(peers, process.env, (doing) => line.show(`${doing} …`));
    line.show("checking what came out …");
    const clashes = peers.length > 1 ? clashesOf(adapted, kinds) : [];
    line.show("writing …");
    const text = yamlOf(adapted).trimEnd();
    line.end();
    for (const { at, message } of [...adapted.notes, ...clashes]) console.log(`# ${at}: ${message}`);
    console.log(text);
    return exit.ok;
  },
});

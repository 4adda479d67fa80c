import { defineCommand } from "citty";
import { kinds } from "../agents/kinds.ts";
import { rootJsonSchema } from "../config/root.ts";
import { exit } from "./exit.ts";

/** `outrider schema`: the JSON Schema of the configuration, for editors. */
export const schema = defineCommand({
  meta: { name: "schema", description: "Print the JSON Schema of the configuration, for editors" },
  run: () => {
    console.log(JSON.stringify(rootJsonSchema(kinds), undefined, 2));
    return exit.ok;
  },
});

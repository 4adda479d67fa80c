import { join } from "node:path";
import type { Files } from "../../../../core/agent.ts";
import { messageOf } from "../../../../core/problems.ts";
import { Evaluator } from "./evaluate.ts";
import { functionsFor } from "./functions.ts";
import { parseTemplate, type Templates } from "./parser.ts";
import { templateProblem } from "./problem.ts";
import type { Table } from "./values.ts";

/**
 * Flexible configuration: the file is a template of Go's, its data are the files of `FC_SETTINGS`, and it may use those
 * of `FC_PARTIALS` and `FC_TEMPLATES`. Where it cannot be filled in the peer reads the file as it is; here that is
 * refused, with the line. Source: krakend-async §1.6.
 * @returns the text as it is where `FC_ENABLE` is empty
 */
export function render(
  text: string,
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  files: Files,
): string {
  if (/\.toml$/i.test(file))
    throw templateProblem({ file, line: 1 }, "TOML is not read, write it as JSON or YAML");
  if (!env["FC_ENABLE"]) return text;
  const templates: Templates = new Map();
  for (const [path, name] of listed(env["FC_TEMPLATES"], ".tmpl", files))
    parseTemplate(files.read(path), name, templates);
  parseTemplate(text, file, templates);
  const partials = env["FC_PARTIALS"] ?? "";
  const functions = functionsFor({ env, partial: (name) => files.read(join(partials, name)) });
  return new Evaluator(templates, functions).run(file, settings(env["FC_SETTINGS"], files));
}

/** Each file under its name without the ending. */
function settings(folder: string | undefined, files: Files): Table {
  return Object.fromEntries(
    listed(folder, ".json", files).map(([path, name]) => {
      try {
        return [name.slice(0, -".json".length), JSON.parse(files.read(path))];
      } catch (error) {
        // What stands there is not repeated: it may be a secret.
        const why = messageOf(error).replace(/, (?:\.{3})?".*"(?:\.{3})?(?= is not valid JSON)/s, "");
        throw templateProblem({ file: path, line: 1 }, `these settings cannot be read: ${why}`);
      }
    }),
  );
}

/** Paths and names of the files of a folder with an ending. */
function listed(folder: string | undefined, ending: string, files: Files): [string, string][] {
  if (!folder) return [];
  const names = files.list(folder).filter((name) => name.endsWith(ending));
  return names.sort().map((name) => [`${folder}/${name}`, name]);
}

import { code, head, table } from "./table.mjs";

/** Every action of every kind, with its input. */
export function actionsPage(kinds, jsonSchema) {
  const sections = kinds.map(({ kind, actions = {} }) => {
    const each = Object.entries(actions).map(([name, action]) => section(name, action, jsonSchema(action.input)));
    return `## ${kind}\n\n${each.join("\n")}`;
  });
  return [
    head("Actions", "What may be asked of a running agent: `outrider call AGENT ACTION field=value …`, or `POST /api/agents/AGENT/actions/ACTION` with the fields as JSON."),
    ...sections,
  ].join("\n");
}

function section(name, { summary }, schema) {
  const fields = Object.entries(schema.properties ?? {});
  if (fields.length === 0) return `### ${name}\n\n${summary}\n`;
  const needed = new Set(schema.required);
  const rows = fields.map(([field, { description = "", default: fallback }]) => [
    code(field),
    needed.has(field) ? "**required**" : fallback === undefined ? "" : code(JSON.stringify(fallback)),
    description,
  ]);
  return `### ${name}\n\n${summary}\n\n${table(["field", "default", "meaning"], rows)}\n`;
}

import { code, head, table } from "./table.mjs";

/** Every option of the configuration file, from its JSON Schema. */
export function optionsPage(schema) {
  const agents = schema.properties.agents.additionalProperties.oneOf;
  const { agents: _, ...rest } = schema.properties;
  const sections = agents.map((agent) => {
    const { kind, ...properties } = agent.properties;
    return `## ${kind.const}\n\n${kind.description}\n\n${options({ ...agent, properties })}\n`;
  });
  return [
    head("Options", "Every option of the configuration file. A path names the keys from the agent (or the file) down."),
    `## The file\n\n${options({ ...schema, properties: rest })}\n`,
    ...sections,
  ].join("\n");
}

function options(schema) {
  const rows = [...walk(schema, "", new Set(schema.required))];
  return table(["option", "type", "default", "meaning"], rows);
}

function* walk(schema, prefix) {
  const needed = new Set(schema.required);
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const path = prefix + name;
    yield [code(path), typeOf(property), defaultOf(property, needed.has(name)), describe(property)];
    yield* inside(property, path);
  }
}

/** Maps and lists of maps are walked into, whichever way they are written. */
function* inside(property, path) {
  for (const each of property.anyOf ?? property.oneOf ?? [property]) {
    if (each.properties) yield* walk(each, `${path}.`);
    if (each.items?.properties || each.items?.anyOf) yield* inside(each.items, `${path}[]`);
    if (typeof each.additionalProperties === "object") yield* inside(each.additionalProperties, `${path}.NAME`);
  }
}

function typeOf(schema) {
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches) return [...new Set(branches.map(typeOf))].join(" or ");
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (schema.enum) return schema.enum.map((value) => code(value)).join(", ");
  if (schema.title) return schema.title;
  if (schema.type === "array") return schema.items ? `list of ${typeOf(schema.items)}` : "list";
  if (schema.type === "object") return "map";
  return { string: "text", integer: "whole number", boolean: "`true` or `false`" }[schema.type] ?? schema.type ?? "any";
}

function defaultOf(schema, needed) {
  if (schema.default === undefined) return needed ? "**required**" : "";
  const text = JSON.stringify(schema.default);
  return text === "{}" || text === "[]" ? "" : code(text.replace(/^"|"$/g, ""));
}

function describe(schema) {
  const bounds = [
    schema.minimum !== undefined && schema.minimum > Number.MIN_SAFE_INTEGER ? `at least ${schema.minimum}` : "",
    schema.maximum !== undefined && schema.maximum < Number.MAX_SAFE_INTEGER ? `at most ${schema.maximum}` : "",
  ].filter(Boolean);
  return [schema.description ?? "", bounds.length > 0 ? `(${bounds.join(", ")})` : ""].filter(Boolean).join(" ");
}

/** Keywords whose keys are names and whose values are schemas. */
const NAMED = ["properties", "patternProperties", "definitions", "$defs", "dependencies", "dependentSchemas"];
/** Keywords whose values only look like schemas. */
const VALUES = ["enum", "const", "default", "examples"];

/**
 * A schema of draft 4 in words of today: `exclusiveMinimum: true` beside `minimum: 5` is `exclusiveMinimum: 5`, and
 * `id` is `$id`. Schemas that do not say their draft may have the former as well.
 * @param ids whether `id` means something, which it does in draft 4 only
 */
export function modern(schema: unknown, ids: boolean): unknown {
  if (Array.isArray(schema)) return schema.map((each) => modern(each, ids));
  if (typeof schema !== "object" || schema === null) return schema;
  const made = Object.fromEntries(
    Object.entries(schema).map(([key, value]): [string, unknown] => [key, within(key, value, ids)]),
  );
  exclusive(made, "minimum", "exclusiveMinimum");
  exclusive(made, "maximum", "exclusiveMaximum");
  if (ids && typeof made["id"] === "string") {
    made["$id"] = made["id"];
    delete made["id"];
  }
  return made;
}

function within(key: string, value: unknown, ids: boolean): unknown {
  if (VALUES.includes(key)) return value;
  if (!NAMED.includes(key) || typeof value !== "object" || value === null) return modern(value, ids);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, modern(inner, ids)]));
}

function exclusive(schema: Record<string, unknown>, limit: string, exclusively: string): void {
  const flag = schema[exclusively];
  if (typeof flag !== "boolean") return;
  delete schema[exclusively];
  if (!flag || schema[limit] === undefined) return;
  schema[exclusively] = schema[limit];
  delete schema[limit];
}

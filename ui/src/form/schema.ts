import type { Mistake, Schema } from "../api/types.ts";
import { isRecord } from "./value.ts";

/** How a piece of a schema is asked for. */
export type Widget =
  | "drivers"
  | "object"
  | "map"
  | "list"
  | "choice"
  | "switch"
  | "number"
  | "secret"
  | "text"
  | "variants"
  | "json";

export function widgetOf(schema: Schema): Widget {
  if (schema.enum || schema.const !== undefined) return "choice";
  if (variantsOf(schema)) return choicesOf(schema) ? "choice" : "variants";
  const { type } = schema;
  if (type === "object") return objectWidget(schema);
  if (type === "array") return "list";
  if (type === "boolean") return "switch";
  if (type === "number" || type === "integer") return "number";
  if (type === "string") return isSecret(schema) ? "secret" : "text";
  return "json";
}

function objectWidget(schema: Schema): Widget {
  if (isDrivers(schema)) return "drivers";
  if (schema.properties) return "object";
  return schema.additionalProperties === false ? "object" : "map";
}

/** An object of which exactly one key is given, as `from` and `to` are. */
function isDrivers({ properties = {}, minProperties, maxProperties }: Schema): boolean {
  return minProperties === 1 && maxProperties === 1 && Object.keys(properties).length > 0;
}

export function isSecret({ title, format, writeOnly }: Schema): boolean {
  return title === "secret" || format === "password" || writeOnly === true;
}

/** The ways in which a value may be written; undefined where there is one. Texts of several patterns are one way. */
export function variantsOf(schema: Schema): readonly Schema[] | undefined {
  const all = schema.anyOf ?? schema.oneOf;
  if (!all) return undefined;
  const texts = all.filter((each) => each.type === "string" && !each.enum && each.const === undefined);
  const others = all.filter((each) => !texts.includes(each));
  return texts.length > 1 ? [{ type: "string" }, ...others] : all;
}

/** The values to choose from, where there is nothing else. */
export function choicesOf(schema: Schema): readonly unknown[] | undefined {
  if (schema.enum) return schema.enum;
  if (schema.const !== undefined) return [schema.const];
  const inner = schema.anyOf?.map((each) =>
    each.type === "boolean" && !each.enum ? [true, false] : choicesOf(each),
  );
  return inner?.every((each) => each !== undefined) ? inner.flat() : undefined;
}

/** Which of the variants a value is written in; the first one if it is in none. */
export function variantFor(variants: readonly Schema[], value: unknown): number {
  const found = variants.findIndex((each) => fits(each, value));
  return Math.max(0, found);
}

function fits(schema: Schema, value: unknown): boolean {
  const choices = choicesOf(schema);
  if (choices) return choices.includes(value);
  switch (schema.type) {
    case "object":
      return isRecord(value);
    case "array":
      return Array.isArray(value);
    case "integer":
    case "number":
      return typeof value === "number";
    default:
      return schema.type === undefined || typeof value === schema.type;
  }
}

const WORDS: Record<string, string> = {
  object: "Settings",
  array: "List",
  string: "Text",
  number: "Number",
  integer: "Number",
  boolean: "Yes or no",
};

export function variantName(schema: Schema): string {
  const choices = choicesOf(schema);
  if (choices) return choices.map(String).join(" or ");
  return WORDS[String(schema.type)] ?? "JSON";
}

/** What a new value begins with. */
export function beginning(schema: Schema): unknown {
  switch (widgetOf(schema)) {
    case "drivers":
    case "object":
    case "map":
      return {};
    case "list":
      return (schema.minItems ?? 0) > 0 ? [beginning(itemOf(schema))] : [];
    case "choice":
      return choicesOf(schema)?.[0];
    case "switch":
      return true;
    case "variants":
      return beginning(variantsOf(schema)![0]!);
    default:
      return undefined;
  }
}

export function itemOf({ items, prefixItems }: Schema): Schema {
  if (items && typeof items === "object") return items;
  return prefixItems?.[0] ?? {};
}

/** What may be typed, in a few words. */
export function hintOf({ title, minimum, maximum, type }: Schema): string | undefined {
  if (title === "duration") return "A number and ms, s, m, h or d, such as 1m30s.";
  if (title === "size") return "A number and B, KB, MB or GB, such as 10MB.";
  if (title === "address") return "Write host:port, or :port for every interface.";
  if (type !== "integer" && type !== "number") return undefined;
  const high = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
  if (minimum !== undefined && high !== undefined) return `From ${minimum} to ${high}.`;
  return minimum !== undefined && minimum > 0 ? `${minimum} or more.` : undefined;
}

/** Mistakes by the path of their field: `to.0.http.url`. */
export function byPath(mistakes: readonly Mistake[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { at, message } of mistakes) {
    const path = pathOf(at);
    const before = found.get(path);
    found.set(path, before === undefined ? message : `${before}; ${message}`);
  }
  return found;
}

export function pathOf(at: string): string {
  return at.replace(/\[(\d+)\]/g, ".$1");
}

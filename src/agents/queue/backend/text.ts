import { isObject, type Json, LosslessNumber, writeJson } from "./json.ts";

/**
 * A value as text, for a URL or a parameter: a number as it was spelled, lists joined by commas. Objects and null are
 * JSON, or with `go` what Go prints for them. Source: krakend-async §5.9.
 */
export function textOf(value: Json, go: boolean): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map((item) => (go ? printed(item) : textOf(item, go))).join(",");
  if (go) return printed(value);
  return value === null ? "" : writeJson(value);
}

/** As Go's `%v` prints a decoded value. */
function printed(value: Json): string {
  if (value === null) return "<nil>";
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return `[${value.map(printed).join(" ")}]`;
  if (value instanceof LosslessNumber) return value.toString();
  if (!isObject(value)) return String(value);
  const fields = Object.keys(value).sort();
  return `map[${fields.map((key) => `${key}:${printed(value[key]!)}`).join(" ")}]`;
}

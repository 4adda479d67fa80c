/**
 * Values as Go's templates see them: texts, truth values, lists, objects, undefined for nothing; whole numbers are
 * bigints, numbers that came from JSON are floats.
 */

export type Table = Record<string, unknown>;

export function isTable(value: unknown): value is Table {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** What counts as true: anything but nothing, zero and what is empty. */
export function truthy(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isTable(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** Keys in the order in which Go goes through them. */
export function sortedKeys(table: Table): string[] {
  return Object.keys(table).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** As Go's `fmt` prints it with `%v`. */
export function printed(value: unknown, inside = false): string {
  if (value === undefined || value === null) return inside ? "<nil>" : "<no value>";
  if (typeof value === "number") return printedFloat(value);
  if (Array.isArray(value)) return `[${value.map((each) => printed(each, true)).join(" ")}]`;
  if (!isTable(value)) return String(value);
  return `map[${sortedKeys(value)
    .map((key) => `${key}:${printed(value[key], true)}`)
    .join(" ")}]`;
}

/** As a refusal names it: texts, lists and tables not by what they hold, which may be a secret. */
export function named(value: unknown): string {
  if (typeof value === "string") return "a text";
  if (Array.isArray(value)) return "a list";
  return isTable(value) ? "a table" : printed(value, true);
}

/** Shortest form; with an exponent from 1e+06 on, or below 1e-04. Source: `%v` of Go's fmt, `g` of its strconv. */
export function printedFloat(value: number): string {
  const [digits = "", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

/** As Go's `encoding/json` writes it: keys sorted, the signs of HTML escaped. */
export function jsonOf(value: unknown, indent?: number): string {
  const text = JSON.stringify(
    sorted(value),
    (_, each: unknown) => (typeof each === "bigint" ? Number(each) : each),
    indent,
  );
  return (text ?? "null").replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => sorted(each) ?? null);
  if (!isTable(value)) return value;
  return Object.fromEntries(sortedKeys(value).map((key) => [key, sorted(value[key]) ?? null]));
}

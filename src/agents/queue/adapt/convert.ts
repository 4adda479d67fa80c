/**
 * The weak conversions of the peer's reader: a text for a number, a number for a text, 0 and 1 for a truth value.
 * Each returns undefined for what cannot be converted. Source: krakend-async §1.1.
 */

export function asText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  return typeof value === "boolean" ? (value ? "1" : "0") : undefined;
}

export function asNumber(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value === "boolean") return Number(value);
  if (typeof value !== "string") return undefined;
  if (value.trim() === "") return 0;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

const TRUE = ["1", "t", "T", "true", "TRUE", "True"];
const FALSE = ["", "0", "f", "F", "false", "FALSE", "False"];

export function asFlag(value: unknown): boolean | undefined {
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return value !== 0;
  if (typeof value !== "string") return undefined;
  return TRUE.includes(value) ? true : FALSE.includes(value) ? false : undefined;
}

/** One thing stands for a list of it. */
export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

export type Data = Readonly<Record<string, unknown>>;

export function isData(value: unknown): value is Data {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

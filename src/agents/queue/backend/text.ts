import { doubleText } from "./cel/numbers.ts";
import { isObject, type Json, LosslessNumber, writeJson } from "./json.ts";

/**
 * A value as text, for a URL or a parameter: a number as it was spelled, lists joined by commas. Objects and null are
 * JSON, or with `go` what Go prints for them. Source: krakend-async §5.9.
 */
export function textOf(value: Json, go: boolean): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map((item) => (go ? printed(item) : textOf(item, go))).join(",");
  if (go) return typeof value === "number" ? singleText(value) : printed(value);
  return value === null ? "" : writeJson(value);
}

/** As Go's `%v` prints a decoded value. */
function printed(value: Json): string {
  if (value === null) return "<nil>";
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return `[${value.map(printed).join(" ")}]`;
  if (value instanceof LosslessNumber) return value.toString();
  if (typeof value === "number") return doubleText(value);
  if (!isObject(value)) return String(value);
  const fields = Object.keys(value).sort();
  return `map[${fields.map((key) => `${key}:${printed(value[key]!)}`).join(" ")}]`;
}

/** A number that a script made, rounded to 32 bits: `5E+00`. Source: `FormatFloat(f, 'E', -1, 32)` of Go, as Lura calls it. */
function singleText(value: number): string {
  const single = Math.fround(value);
  if (!Number.isFinite(single)) return doubleText(single);
  let places = 0;
  while (places < 8 && Math.fround(Number(single.toExponential(places))) !== single) places++;
  const [digits = "", exponent = ""] = single.toExponential(places).split("e");
  const power = Number(exponent);
  const sign = Object.is(single, -0) ? "-" : "";
  return `${sign}${digits}E${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

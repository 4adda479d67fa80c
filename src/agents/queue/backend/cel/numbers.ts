import { EvaluationError } from "@marcbachmann/cel-js";

const LEAST = -(2n ** 63n);
const MOST = 2n ** 63n - 1n;

/** The number that a text of digits spells. Throws EvaluationError for any other text, `7.5` and `0x7` included. */
export function intOf(text: string): bigint {
  if (/^[+-]?\d+$/.test(text)) return bounded(BigInt(text.replace(/^\+/, "")));
  throw new EvaluationError(`int() of "${text}" is no whole number`);
}

/** Cut towards zero. Throws EvaluationError for what 64 bits cannot hold. */
export function intOfDouble(number: number): bigint {
  if (Number.isFinite(number)) return bounded(BigInt(Math.trunc(number)));
  throw new EvaluationError(`int() of ${number} is no whole number`);
}

/** Throws EvaluationError for what 64 bits cannot hold. */
export function bounded(int: bigint): bigint {
  if (int >= LEAST && int <= MOST) return int;
  throw new EvaluationError(`${int} is beyond the range of int`);
}

/** The number that a text spells, as Go reads it. Throws EvaluationError. */
export function doubleOf(text: string): number {
  if (/^[+-]?inf(?:inity)?$/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return Number.NaN;
  const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(number)) return number;
  throw new EvaluationError(`double() of "${text}" is no number`);
}

/** A double as Go prints it with `%g`: `1e+06`, `+Inf`. */
export function doubleText(number: number): string {
  if (Number.isNaN(number)) return "NaN";
  if (!Number.isFinite(number)) return number > 0 ? "+Inf" : "-Inf";
  if (Object.is(number, -0)) return "-0";
  const [digits = "", exponent = ""] = number.toExponential().split("e");
  const power = Number(exponent);
  // Unlike JavaScript, Go turns to an exponent from a million on and below 0.0001.
  if (power >= -4 && power < 6) return String(number);
  return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

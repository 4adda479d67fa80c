import type { Python } from "./value.ts";

const DIGITS = String.raw`\d(?:_?\d)*`;
/** Python's numbers: with a base, or decimal with an optional fraction and exponent; `j` makes it imaginary. */
const NUMBER = new RegExp(
  String.raw`0[xX](?:_?[\dA-Fa-f])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:${DIGITS}(?:\.(?:${DIGITS})?)?|\.${DIGITS})(?:[eE][+-]?${DIGITS})?[jJ]?`,
  "y",
);

/** The number at a place of a text, and where it ends. Source: the lexical analysis of Python 3. */
export function numberAt(text: string, at: number): { value: Python; end: number } | undefined {
  NUMBER.lastIndex = at;
  const match = NUMBER.exec(text)?.[0];
  if (match === undefined) return undefined;
  const end = at + match.length;
  // `1abc` and `1_` are no numbers followed by something else.
  if (/[\w.]/.test(text[end] ?? "")) return undefined;
  const value = numberOf(match.replaceAll("_", ""));
  return value && { value, end };
}

function numberOf(text: string): Python | undefined {
  if (/j$/i.test(text)) return { type: "complex", real: 0, imaginary: Number(text.slice(0, -1)) };
  if (/^0[xob]/i.test(text)) return { type: "int", value: BigInt(text) };
  if (/[.eE]/.test(text)) return { type: "float", value: Number(text) };
  // 007 was an octal number once, and is an error today; 000 is not.
  return /^0+[1-9]/.test(text) ? undefined : { type: "int", value: BigInt(text) };
}

export function negated(value: Python): Python | undefined {
  if (value.type === "int") return { type: "int", value: -value.value };
  if (value.type === "float") return { type: "float", value: -value.value };
  if (value.type === "complex") return { ...value, real: -value.real, imaginary: -value.imaginary };
  return undefined;
}

/** `1+2j`: the only sum that is a literal. */
export function summed(left: Python, sign: string, right: Python): Python | undefined {
  if (right.type !== "complex" || (left.type !== "int" && left.type !== "float")) return undefined;
  const imaginary = sign === "-" ? -right.imaginary : right.imaginary;
  return { type: "complex", real: Number(left.value), imaginary };
}

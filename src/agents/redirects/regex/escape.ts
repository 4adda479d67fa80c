import { PatternProblem } from "./problem.ts";
import type { Reader } from "./reader.ts";

const LETTERS: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };

/** Reads an escape that stands for one character: `\.`, `\n`, `\x2f`, `\x{1F600}`, `\07`. */
export function readEscape(reader: Reader): number {
  const start = reader.at;
  reader.take("\\");
  if (reader.done) throw new PatternProblem("backslash", "");
  const rune = escaped(reader);
  if (rune === undefined) throw new PatternProblem("escape", reader.since(start));
  return rune;
}

function escaped(reader: Reader): number | undefined {
  const rune = reader.next();
  const char = String.fromCodePoint(rune);
  if (rune < 0x80 && !/[0-9A-Za-z]/.test(char)) return rune;
  if (/[0-7]/.test(char)) return octal(reader, char);
  if (char === "x") return hexadecimal(reader);
  return LETTERS[char];
}

/** Up to three digits. A single one that is not zero would be a back-reference, which there is none. */
function octal(reader: Reader, first: string): number | undefined {
  if (first !== "0" && !/[0-7]/.test(reader.peek())) return undefined;
  let digits = first;
  while (digits.length < 3 && /[0-7]/.test(reader.peek())) digits += String.fromCodePoint(reader.next());
  return Number.parseInt(digits, 8);
}

function hexadecimal(reader: Reader): number | undefined {
  if (reader.take("{")) return hexadecimalInBraces(reader);
  let digits = "";
  while (digits.length < 2) {
    if (reader.done) return undefined;
    const char = String.fromCodePoint(reader.next());
    digits += char;
    if (digits.length === 2 && !/^[0-9A-Fa-f]{2}$/.test(digits)) return undefined;
  }
  return Number.parseInt(digits, 16);
}

function hexadecimalInBraces(reader: Reader): number | undefined {
  let value = 0;
  for (let digits = 0; !reader.done; digits++) {
    const char = String.fromCodePoint(reader.next());
    if (char === "}") return digits === 0 ? undefined : value;
    if (!/[0-9A-Fa-f]/.test(char)) return undefined;
    value = value * 16 + Number.parseInt(char, 16);
    if (value > 0x10ffff) return undefined;
  }
  return undefined;
}

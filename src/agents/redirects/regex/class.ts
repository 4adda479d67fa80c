import { readEscape } from "./escape.ts";
import { foldRanges } from "./fold.ts";
import { PatternProblem } from "./problem.ts";
import { propertyRanges } from "./properties.ts";
import { clean, negate, type Ranges } from "./ranges.ts";
import type { Reader } from "./reader.ts";

const DIGIT = [0x30, 0x39];
const SPACE = [0x09, 0x0a, 0x0c, 0x0d, 0x20, 0x20];
const WORD = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a];

const PERL: Readonly<Record<string, Ranges>> = { d: DIGIT, s: SPACE, w: WORD };

const POSIX: Readonly<Record<string, Ranges>> = {
  alnum: [0x30, 0x39, 0x41, 0x5a, 0x61, 0x7a],
  alpha: [0x41, 0x5a, 0x61, 0x7a],
  ascii: [0x00, 0x7f],
  blank: [0x09, 0x09, 0x20, 0x20],
  cntrl: [0x00, 0x1f, 0x7f, 0x7f],
  digit: DIGIT,
  graph: [0x21, 0x7e],
  lower: [0x61, 0x7a],
  print: [0x20, 0x7e],
  punct: [0x21, 0x2f, 0x3a, 0x40, 0x5b, 0x60, 0x7b, 0x7e],
  space: [0x09, 0x0d, 0x20, 0x20],
  upper: [0x41, 0x5a],
  word: WORD,
  xdigit: [0x30, 0x39, 0x41, 0x46, 0x61, 0x66],
};

/** Reads `[…]`. */
export function readClass(reader: Reader, fold: boolean): number[] {
  const start = reader.at;
  reader.take("[");
  const negated = reader.take("^");
  const found: number[] = [];
  // A `]` that comes first is an ordinary character.
  for (let first = true; first || !reader.sees("]"); first = false) {
    if (reader.done) throw new PatternProblem("bracket", reader.from(start));
    found.push(...(readGroup(reader, fold) ?? readRange(reader, start, fold)));
  }
  reader.take("]");
  return negated ? negate(clean(found)) : clean(found);
}

/** Reads what stands for a set of its own, inside brackets or not: `\d`, `\pL`, `\p{Greek}`. */
export function readShorthand(reader: Reader, fold: boolean): Ranges | undefined {
  if (reader.peek() !== "\\") return undefined;
  const letter = reader.peek(1);
  if (letter === "p" || letter === "P") return readProperty(reader, fold);
  const perl = PERL[letter.toLowerCase()];
  if (!perl || letter === "") return undefined;
  reader.at += 2;
  return signed(perl, letter !== letter.toLowerCase(), fold);
}

function readGroup(reader: Reader, fold: boolean): Ranges | undefined {
  return readPosix(reader, fold) ?? readShorthand(reader, fold);
}

function readPosix(reader: Reader, fold: boolean): Ranges | undefined {
  const end = reader.sees("[:") ? reader.text.indexOf(":]", reader.at + 2) : -1;
  if (end < 0) return undefined;
  const name = reader.text.slice(reader.at, end + 2);
  const [, negation, word = ""] = /^\[:(\^?)(.*):\]$/s.exec(name) ?? [];
  const ranges = Object.hasOwn(POSIX, word) ? POSIX[word] : undefined;
  if (!ranges) throw new PatternProblem("characterRange", name);
  reader.take(name);
  return signed(ranges, negation === "^", fold);
}

function readProperty(reader: Reader, fold: boolean): Ranges {
  const start = reader.at;
  const negated = reader.peek(1) === "P";
  reader.at += 2;
  const name = propertyName(reader, start);
  const inverted = name.startsWith("^");
  const ranges = propertyRanges(inverted ? name.slice(1) : name);
  if (!ranges) throw new PatternProblem("characterRange", reader.since(start));
  return signed(ranges, negated !== inverted, fold);
}

function propertyName(reader: Reader, start: number): string {
  if (!reader.sees("{")) return reader.done ? "" : String.fromCodePoint(reader.next());
  const end = reader.text.indexOf("}", start);
  if (end < 0) throw new PatternProblem("characterRange", reader.from(start));
  const name = reader.text.slice(reader.at + 1, end);
  reader.at = end + 1;
  return name;
}

/** Case variants are added before the set is turned round. */
function signed(ranges: Ranges, negated: boolean, fold: boolean): Ranges {
  const all = fold ? foldRanges(ranges) : ranges;
  return negated ? negate(clean(all)) : all;
}

function readRange(reader: Reader, start: number, fold: boolean): Ranges {
  const begin = reader.at;
  const from = readMember(reader, start);
  let to = from;
  if (reader.sees("-") && reader.peek(1) !== "]" && reader.peek(1) !== "") {
    reader.take("-");
    to = readMember(reader, start);
    if (to < from) throw new PatternProblem("characterRange", reader.since(begin));
  }
  return fold ? foldRanges([from, to]) : [from, to];
}

function readMember(reader: Reader, start: number): number {
  if (reader.done) throw new PatternProblem("bracket", reader.from(start));
  return reader.sees("\\") ? readEscape(reader) : reader.next();
}

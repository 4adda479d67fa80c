import { DOT_NEWLINE, FOLD, MULTI_LINE, UNGREEDY } from "./node.ts";
import { PatternProblem } from "./problem.ts";
import type { Reader } from "./reader.ts";

/** What opens a group, or only changes the flags of what follows, as `(?i)` does. */
export interface Opening {
  readonly opens: "capture" | "plain" | "nothing";
  readonly flags: number;
}

const FLAGS: Readonly<Record<string, number>> = { i: FOLD, m: MULTI_LINE, s: DOT_NEWLINE, U: UNGREEDY };

/** Reads `(`, `(?:`, `(?P<name>`, `(?<name>`, `(?i:` or `(?i)`. */
export function readOpening(reader: Reader, flags: number): Opening {
  const start = reader.at;
  if (!reader.sees("(?")) {
    reader.take("(");
    return { opens: "capture", flags };
  }
  if (reader.sees("(?P<") || reader.sees("(?<")) {
    readName(reader, start);
    return { opens: "capture", flags };
  }
  reader.take("(?");
  return readFlags(reader, start, flags);
}

function readName(reader: Reader, start: number): void {
  const end = reader.text.indexOf(">", start);
  if (end < 0) throw new PatternProblem("namedCapture", reader.from(start));
  const opening = reader.text.slice(start, end + 1);
  if (!/^\(\?P?<\w+>$/.test(opening)) throw new PatternProblem("namedCapture", opening);
  reader.at = end + 1;
}

function readFlags(reader: Reader, start: number, before: number): Opening {
  let flags = before;
  let negative = false;
  // A minus must be followed by a flag.
  let complete = true;
  while (!reader.done) {
    const char = String.fromCodePoint(reader.next());
    const bit = FLAGS[char];
    if (bit !== undefined) {
      flags = negative ? flags & ~bit : flags | bit;
      complete = true;
    } else if (char === "-" && !negative) {
      negative = true;
      complete = false;
    } else if ((char === ":" || char === ")") && complete) {
      return { opens: char === ":" ? "plain" : "nothing", flags };
    } else break;
  }
  throw new PatternProblem("perl", reader.since(start));
}

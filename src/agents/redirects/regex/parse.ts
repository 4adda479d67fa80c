import { alternate, concat, mergeCharacters } from "./alternate.ts";
import { readClass, readShorthand } from "./class.ts";
import { readEscape } from "./escape.ts";
import { smallestOf } from "./fold.ts";
import { readOpening } from "./group.ts";
import {
  type Assertion,
  DOT_NEWLINE,
  FOLD,
  isOneCharacter,
  type Literal,
  MULTI_LINE,
  type Node,
  UNGREEDY,
} from "./node.ts";
import { asPiece, Pieces } from "./pieces.ts";
import { PatternProblem } from "./problem.ts";
import { Reader } from "./reader.ts";
import { readRepeat } from "./repeat.ts";
import { refuseTooLarge } from "./size.ts";

/** Groups nest at most so deep. */
const DEEPEST = 1_000;

const ASSERTIONS: Readonly<Record<string, Assertion>> = {
  A: "begin-text",
  z: "end-text",
  b: "word-boundary",
  B: "no-word-boundary",
};

export interface Parsed {
  readonly node: Node;
  /** How many groups capture. */
  readonly groups: number;
}

/** Parses a pattern in Go's language. Throws PatternProblem with Go's words. */
export function parsePattern(source: string): Parsed {
  const parser = new Parser(source);
  const node = parser.parse();
  refuseTooLarge(node);
  return { node, groups: parser.groups };
}

/** Why a pattern does not compile, in Go's words; undefined if it does. */
export function patternMistake(source: string): string | undefined {
  try {
    parsePattern(source);
    return undefined;
  } catch (error) {
    if (error instanceof PatternProblem) return error.message;
    throw error;
  }
}

class Parser {
  readonly #reader: Reader;
  #flags = 0;
  #depth = 0;
  groups = 0;

  constructor(source: string) {
    this.#reader = new Reader(source);
  }

  parse(): Node {
    const node = this.#alternatives();
    if (!this.#reader.done) throw new PatternProblem("unexpectedParenthesis", this.#reader.text);
    return node;
  }

  #alternatives(): Node {
    const branches: Node[] = [];
    do {
      const branch = this.#branch();
      const last = branches.at(-1);
      // Neighbours of one character become a class at once, before anything else is looked at.
      const joins = last !== undefined && isOneCharacter(last) && isOneCharacter(branch);
      if (joins) branches[branches.length - 1] = mergeCharacters(last, branch);
      else branches.push(branch);
    } while (this.#reader.take("|"));
    return asPiece(alternate(branches), this.#flags);
  }

  #branch(): Node {
    const reader = this.#reader;
    const pieces = new Pieces();
    let afterRepeat = -1;
    while (!reader.done && !reader.sees("|") && !reader.sees(")")) {
      const start = reader.at;
      const repeat = readRepeat(reader, this.#has(UNGREEDY));
      if (!repeat) {
        for (const piece of this.#read()) pieces.push(piece);
        afterRepeat = -1;
        continue;
      }
      if (afterRepeat >= 0) throw new PatternProblem("repeatOperator", reader.since(afterRepeat));
      if (pieces.none) throw new PatternProblem("repeatArgument", reader.since(start));
      pieces.repeat({ op: "repeat", ...repeat, sub: pieces.last }, reader.since(start));
      afterRepeat = start;
    }
    return concat(pieces.end());
  }

  /** Reads what is next: one piece most of the time, none for flags, several for quoted text. */
  #read(): readonly Node[] {
    const reader = this.#reader;
    if (reader.sees("(")) return this.#group();
    if (reader.sees("[")) return [this.#class(readClass(reader, this.#has(FOLD)))];
    if (reader.take(".")) return [{ op: this.#has(DOT_NEWLINE) ? "any" : "any-but-newline" }];
    if (reader.take("^")) return [{ op: this.#has(MULTI_LINE) ? "begin-line" : "begin-text" }];
    if (reader.take("$")) return [{ op: this.#has(MULTI_LINE) ? "end-line" : "end-text" }];
    return reader.sees("\\") ? this.#escape() : [this.#literal(reader.next())];
  }

  #has(flag: number): boolean {
    return (this.#flags & flag) !== 0;
  }

  #class(ranges: readonly number[]): Node {
    return asPiece({ op: "class", ranges }, this.#flags);
  }

  #literal(rune: number): Literal {
    const fold = this.#has(FOLD);
    return { op: "literal", runes: [fold ? smallestOf(rune) : rune], fold, flags: this.#flags };
  }

  #escape(): readonly Node[] {
    const reader = this.#reader;
    const assertion = ASSERTIONS[reader.peek(1)];
    if (assertion) {
      reader.at += 2;
      return [{ op: assertion }];
    }
    if (reader.take("\\Q")) return this.#quoted();
    const ranges = readShorthand(reader, this.#has(FOLD));
    return [ranges ? this.#class([...ranges]) : this.#literal(readEscape(reader))];
  }

  /** `\Q…\E`, or to the end. */
  #quoted(): readonly Node[] {
    const reader = this.#reader;
    const literals: Node[] = [];
    while (!reader.done && !reader.take("\\E")) literals.push(this.#literal(reader.next()));
    return literals;
  }

  #group(): readonly Node[] {
    const before = this.#flags;
    const { opens, flags } = readOpening(this.#reader, before);
    this.#flags = flags;
    if (opens === "nothing") return [];
    if (++this.#depth > DEEPEST) throw new PatternProblem("nesting", this.#reader.text);
    const index = opens === "capture" ? ++this.groups : 0;
    const sub = this.#alternatives();
    if (!this.#reader.take(")")) throw new PatternProblem("parenthesis", this.#reader.text);
    this.#flags = before;
    this.#depth--;
    return [index === 0 ? sub : { op: "capture", index, sub }];
  }
}

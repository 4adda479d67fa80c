import { type Place, templateProblem } from "./problem.ts";

/** A word of an action. `glued` follows the one before it with no space in between, as the field in `(f).name`. */
export interface Token {
  readonly kind: "word" | "field" | "variable" | "text" | "number" | "sign";
  /** Of a text what it means, of anything else what was written. */
  readonly text: string;
  readonly glued: boolean;
}

/** A piece of a template: text to be copied, or what stood between two pairs of braces. */
export type Piece = { readonly text: string } | { readonly tokens: readonly Token[]; readonly place: Place };

const TOKENS: readonly (readonly [Token["kind"], RegExp])[] = [
  ["text", /"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\\n]|\\.)'/y],
  ["variable", /\$[\p{L}\p{N}_]*/uy],
  ["number", /[+-]?(?:0[xX][0-9a-fA-F_]+|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)/y],
  ["field", /(?:\.[\p{L}_][\p{L}\p{N}_]*)+/uy],
  ["word", /[\p{L}_][\p{L}\p{N}_]*/uy],
  ["sign", /:=|[=|(),.]/y],
];
const SPACE = /[ \t\r\n]+/y;
const COMMENT = /\{\{(-[ \t\r\n]+)?\/\*[\s\S]*?\*\/([ \t\r\n]+-)?\}\}/y;

/** Splits Go's template language into pieces. Texts in actions may hold braces. Throws ConfigProblem. */
export function lex(source: string, file: string): Piece[] {
  return new Lexer(source, file).pieces();
}

class Lexer {
  readonly #source: string;
  readonly #file: string;
  readonly #pieces: Piece[] = [];
  #at = 0;
  /** Whether the action before ended with a trim marker. */
  #trims = false;

  constructor(source: string, file: string) {
    this.#source = source;
    this.#file = file;
  }

  pieces(): Piece[] {
    while (this.#at < this.#source.length) {
      const open = this.#source.indexOf("{{", this.#at);
      const end = open < 0 ? this.#source.length : open;
      this.#text(this.#source.slice(this.#at, end), /^\{\{-[ \t\r\n]/.test(this.#source.slice(end, end + 4)));
      this.#at = end;
      if (open >= 0 && !this.#comment()) this.#action();
    }
    return this.#pieces;
  }

  #text(text: string, trimmed: boolean): void {
    const begun = this.#trims ? text.replace(/^[ \t\r\n]+/, "") : text;
    const kept = trimmed ? begun.replace(/[ \t\r\n]+$/, "") : begun;
    this.#trims = false;
    if (kept !== "") this.#pieces.push({ text: kept });
  }

  #comment(): boolean {
    const match = this.#match(COMMENT);
    if (match) this.#trims = match[2] !== undefined;
    return match !== undefined;
  }

  #action(): void {
    const place = { file: this.#file, line: this.#source.slice(0, this.#at).split("\n").length };
    this.#at += /^\{\{-[ \t\r\n]/.test(this.#source.slice(this.#at, this.#at + 4)) ? 3 : 2;
    const tokens: Token[] = [];
    for (;;) {
      const spaced = this.#match(SPACE) !== undefined;
      const end = spaced ? this.#match(/-?\}\}/y) : this.#match(/\}\}/y);
      if (end) {
        this.#trims = end[0].startsWith("-");
        this.#pieces.push({ tokens, place });
        return;
      }
      tokens.push(this.#token(!spaced, place));
    }
  }

  #token(glued: boolean, place: Place): Token {
    for (const [kind, pattern] of TOKENS) {
      const match = this.#match(pattern);
      if (match) return { kind, text: kind === "text" ? unquoted(match[0], place) : match[0], glued };
    }
    const here = this.#source.slice(this.#at).split("\n", 1)[0] ?? "";
    throw templateProblem(
      place,
      here === "" ? "an action is not closed" : `unexpected "${here.slice(0, 20)}"`,
    );
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#source);
    if (!match) return undefined;
    this.#at += match[0].length;
    return match;
  }
}

/** What a text in quotes means; in raw quotes it is as it is written. */
function unquoted(quoted: string, place: Place): string {
  const inner = quoted.slice(1, -1);
  if (quoted.startsWith("`")) return inner;
  try {
    const json = inner
      .replace(/\\x([0-9a-fA-F]{2})/g, "\\u00$1")
      .replace(/\\'/g, "'")
      .replace(/\\a|\\v/g, " ");
    return String(JSON.parse(`"${json.replace(/\t/g, "\\t").replace(/(?<!\\)"/g, '\\"')}"`));
  } catch {
    throw templateProblem(place, `${quoted} has an escape that is none`);
  }
}

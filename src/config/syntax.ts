import { Composer, Document, Lexer, type LineCounter, type ParsedNode, Parser, type YAMLError } from "yaml";

/** More text than this, in characters, is nothing that people write, and would take minutes to read. */
const LONGEST = 2 ** 23;
/** Deeper nesting than this is refused before the library recurses into it and exhausts the stack. */
const DEEPEST = 200;

/** Something that is wrong with the text itself, and where. */
export interface SyntaxMistake {
  readonly offset: number;
  readonly message: string;
}

export interface Syntax {
  /** The one document of the text; undefined if it is empty or there are mistakes. */
  readonly contents: ParsedNode | undefined;
  readonly mistakes: readonly SyntaxMistake[];
}

/**
 * Parses YAML, or JSON, which is YAML, into nodes that know where they stand. What is huge or nested without end is
 * refused quickly, so that a hostile or mangled file can neither block nor end the process.
 */
export function readSyntax(text: string, lines: LineCounter): Syntax {
  if (text.length > LONGEST) return refused(0, `is larger than ${LONGEST} characters`);
  lines.addNewLine(0);
  const parser = new Parser(lines.addNewLine);
  const tokens = [];
  // Editors do not count a byte order mark as a column.
  const plain = text.replace(/^\ufeff/, "");
  for (const lexeme of new Lexer().lex(plain)) {
    tokens.push(...parser.next(lexeme));
    if (parser.stack.length > DEEPEST) return refused(parser.offset, "is nested too deeply");
  }
  tokens.push(...parser.end());
  // Our reader finds doubled keys itself: the library compares every key with every other.
  const composer = new Composer({ prettyErrors: false, uniqueKeys: false, logLevel: "error" });
  const [document, second] = composer.compose(tokens, true, plain.length);
  if (!(document instanceof Document)) return { contents: undefined, mistakes: [] };
  if (second) return refused(second.range[0], "a second document begins here, keep one in a file");
  // Warnings are about tags that nobody knows: taking the value without its tag would guess. Only the first is
  // told, because what follows it follows from it.
  const [first] = [...document.errors, ...document.warnings];
  if (first) return refused(first.pos[0], wording(first, plain));
  return { contents: document.contents ?? undefined, mistakes: [] };
}

function wording({ pos: [at], message }: YAMLError, text: string): string {
  // Inside [ ] and { } the brace of an unquoted reference opens a map, which nobody means.
  return text.slice(at - 1, at + 1) === "${"
    ? `a reference inside [ ] or { } must be quoted: "\${…}"`
    : message;
}

function refused(offset: number, message: string): Syntax {
  return { contents: undefined, mistakes: [{ offset, message }] };
}

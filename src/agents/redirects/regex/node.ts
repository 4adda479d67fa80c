/**
 * The syntax tree of a regular expression in Go's language (RE2 syntax with Perl flags). It has the shape that Go's
 * own parser gives it, because the peer reads its gates off that shape.
 */
export type Node =
  | { readonly op: "empty" }
  | Literal
  | Class
  | { readonly op: "any" }
  | { readonly op: "any-but-newline" }
  | { readonly op: Assertion }
  | Capture
  | Repeat
  | { readonly op: "concat"; readonly subs: readonly Node[] }
  | { readonly op: "alternate"; readonly subs: readonly Node[] };

export type Assertion =
  | "begin-line"
  | "end-line"
  | "begin-text"
  | "end-text"
  | "word-boundary"
  | "no-word-boundary";

export interface Literal {
  readonly op: "literal";
  /** Code points; where `fold` is set, each the smallest of its case variants. */
  readonly runes: readonly number[];
  readonly fold: boolean;
  /** The flags in force where it stood. */
  readonly flags: number;
}

export interface Class {
  readonly op: "class";
  /** Pairs of code points, from and to, both included; sorted and not touching. */
  readonly ranges: readonly number[];
}

export interface Capture {
  readonly op: "capture";
  /** Counted from 1. */
  readonly index: number;
  readonly sub: Node;
}

export interface Repeat {
  readonly op: "repeat";
  /** How it was written: `*`, `+`, `?` or `{`; Go's tree tells them apart. */
  readonly sign: "*" | "+" | "?" | "{";
  readonly min: number;
  /** `Infinity` for no limit. */
  readonly max: number;
  readonly greedy: boolean;
  readonly sub: Node;
}

export const EMPTY: Node = { op: "empty" };

/** The flags that can be set in a pattern, as bits. */
export const FOLD = 1;
export const MULTI_LINE = 2;
export const DOT_NEWLINE = 4;
export const UNGREEDY = 8;

export const LARGEST_RUNE = 0x10ffff;

/** Whether the node matches exactly one character. */
export function isOneCharacter(node: Node): boolean {
  return (
    (node.op === "literal" && node.runes.length === 1) ||
    node.op === "class" ||
    node.op === "any" ||
    node.op === "any-but-newline"
  );
}

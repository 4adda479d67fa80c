import type { Literal, Node, Repeat } from "./node.ts";

/**
 * A pattern spelled out again in RE2 syntax, in its simplest words: what our parser understood, the engine behind
 * cannot understand differently.
 */
export function toRe2Source(node: Node): string {
  switch (node.op) {
    case "empty":
      return "(?:)";
    case "literal":
      return renderLiteral(node);
    case "class":
      return renderClass(node.ranges);
    case "any":
      return "(?s:.)";
    case "any-but-newline":
      return "(?-s:.)";
    case "begin-line":
      return "(?m:^)";
    case "end-line":
      return "(?m:$)";
    case "begin-text":
      return "\\A";
    case "end-text":
      return "\\z";
    case "word-boundary":
      return "\\b";
    case "no-word-boundary":
      return "\\B";
    case "capture":
      return `(${toRe2Source(node.sub)})`;
    case "repeat":
      return `(?:${toRe2Source(node.sub)})${renderCount(node)}`;
    case "concat":
      return node.subs.map((sub) => `(?:${toRe2Source(sub)})`).join("");
    case "alternate":
      return node.subs.map(toRe2Source).join("|");
  }
}

function renderLiteral({ runes, fold }: Literal): string {
  const text = runes.map(spell).join("");
  return fold ? `(?i:${text})` : text;
}

function renderClass(ranges: readonly number[]): string {
  // A class that matches nothing.
  if (ranges.length === 0) return "[^\\x{0}-\\x{10FFFF}]";
  let text = "";
  for (let i = 0; i < ranges.length; i += 2) text += `${spell(ranges[i]!)}-${spell(ranges[i + 1]!)}`;
  return `[${text}]`;
}

function spell(rune: number): string {
  return `\\x{${rune.toString(16)}}`;
}

function renderCount({ sign, min, max, greedy }: Repeat): string {
  const most = max === Number.POSITIVE_INFINITY ? "," : max === min ? "" : `,${max}`;
  const count = sign === "{" ? `{${min}${most}}` : sign;
  return greedy ? count : `${count}?`;
}

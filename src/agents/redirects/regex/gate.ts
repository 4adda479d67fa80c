import type { Node } from "./node.ts";
import { parsePattern } from "./parse.ts";

/**
 * The literal text that the peer demands at the start of a request before it tries a pattern. It is computed from
 * the source without one leading `^`, and is sometimes more than the pattern demands: after a group of which only
 * the beginning is literal, the peer walks on. Such a rule is dead, and stays dead here in peer mode.
 */
export function peerGate(source: string): string {
  try {
    return literalsOf(parsePattern(source.startsWith("^") ? source.slice(1) : source).node);
  } catch {
    // `^*` is a pattern, but `*` alone is none.
    return "";
  }
}

/**
 * The text that a request must really begin with to match a pattern; empty for one that may match anywhere in it. The
 * walk ends with a group that is not wholly literal, and text of either case is no gate. Throws PatternProblem.
 */
export function soundGate(source: string): string {
  const { node } = parsePattern(source);
  const [first, ...rest] = node.op === "concat" ? node.subs : [node];
  return first?.op === "begin-text" ? soundLiterals({ op: "concat", subs: rest }).text : "";
}

function literalsOf(node: Node): string {
  switch (node.op) {
    case "literal":
      return String.fromCodePoint(...node.runes);
    case "capture":
      return literalsOf(node.sub);
    case "concat":
      return walkSequence(node.subs);
    default:
      return "";
  }
}

function walkSequence(pieces: readonly Node[]): string {
  let text = "";
  for (const piece of pieces) {
    if (piece.op !== "literal" && piece.op !== "capture") break;
    const own = literalsOf(piece);
    if (own === "") break;
    text += own;
  }
  return text;
}

/** The literal text a node begins with, and whether that is all it is. */
function soundLiterals(node: Node): { text: string; whole: boolean } {
  switch (node.op) {
    case "literal":
      return node.fold
        ? { text: "", whole: false }
        : { text: String.fromCodePoint(...node.runes), whole: true };
    case "capture":
      return soundLiterals(node.sub);
    case "concat": {
      let text = "";
      for (const piece of node.subs) {
        const own = soundLiterals(piece);
        text += own.text;
        if (!own.whole) return { text, whole: false };
      }
      return { text, whole: true };
    }
    default:
      return { text: "", whole: node.op === "empty" };
  }
}

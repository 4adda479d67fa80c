import { EMPTY, isOneCharacter, type Node } from "./node.ts";
import { anyPlain, literalText, plainSetOf } from "./plain.ts";

/** A pattern over plain text, taken apart. */
export interface Anchored {
  /** Whether it matches at the start of the text or not at all. */
  readonly anchored: boolean;
  /** The literal text that it begins with; empty where it is not anchored. */
  readonly head: string;
  /** What follows the head. */
  readonly rest: Node;
}

/**
 * Takes a pattern's literal beginning off. What begins with `.*` and may match anywhere also matches from the start,
 * as plain text has no line ends, so it counts as anchored: the engine need not try again at every character.
 */
export function takeApart(node: Node): Anchored {
  const pieces = node.op === "concat" ? node.subs : [node];
  if (pieces[0]?.op !== "begin-text") return { anchored: beginsWithAnything(node), head: "", rest: node };
  const text = pieces[1]?.op === "literal" ? literalText(pieces[1]) : undefined;
  const rest = pieces.slice(text === undefined ? 1 : 2);
  return {
    anchored: true,
    head: text ?? "",
    rest: rest.length === 1 ? rest[0]! : { op: "concat", subs: rest },
  };
}

function beginsWithAnything(node: Node): boolean {
  if (node.op === "capture") return beginsWithAnything(node.sub);
  if (node.op === "concat") return beginsWithAnything(node.subs[0] ?? EMPTY);
  if (node.op !== "repeat" || node.min > 0 || node.max !== Number.POSITIVE_INFINITY) return false;
  return isOneCharacter(node.sub) && plainSetOf(node.sub) === anyPlain;
}

import { EMPTY, isOneCharacter, type Node } from "./node.ts";
import { anyPlain, plainSetOf } from "./plain.ts";

/**
 * What begins with `.*` and matches anywhere also matches from the start, as plain text has no line ends. Saying so
 * spares the engine from trying again at every character.
 */
export function anchored(node: Node): Node {
  const pieces = node.op === "concat" ? node.subs : [node];
  if (!beginsWithAnything(pieces[0] ?? EMPTY)) return node;
  return { op: "concat", subs: [{ op: "begin-text" }, ...pieces] };
}

function beginsWithAnything(node: Node): boolean {
  if (node.op === "capture") return beginsWithAnything(node.sub);
  if (node.op === "concat") return beginsWithAnything(node.subs[0] ?? EMPTY);
  if (node.op !== "repeat" || node.min > 0 || node.max !== Number.POSITIVE_INFINITY) return false;
  return isOneCharacter(node.sub) && plainSetOf(node.sub) === anyPlain;
}

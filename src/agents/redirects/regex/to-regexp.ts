import type { Assertion, Literal, Node, Repeat } from "./node.ts";
import { anyPlain, literalSets, type PlainSet, plainSetOf } from "./plain.ts";
import { canBeEmpty } from "./proof.ts";

/**
 * A pattern as the source of a JavaScript `RegExp`, equal to it on plain text where `capturesAlike` says so. Classes
 * are spelled out, so nothing depends on what the two languages think of `\\s`, case or line ends. Patterns with the
 * same source mean the same.
 */
export function regExpSource(node: Node): string {
  return render(node);
}

const ASSERTIONS: Readonly<Record<Assertion, string>> = {
  "begin-line": "^",
  "begin-text": "^",
  "end-line": "$",
  "end-text": "$",
  "word-boundary": "\\b",
  "no-word-boundary": "\\B",
};

function render(node: Node): string {
  switch (node.op) {
    case "empty":
      return "(?:)";
    case "literal":
      return renderLiteral(node);
    case "class":
    case "any":
    case "any-but-newline":
      return renderSet(plainSetOf(node));
    case "capture":
      return `(${render(node.sub)})`;
    case "repeat":
      return `(?:${render(node.sub)})${renderCount(node)}`;
    case "concat":
      return node.subs.map((sub) => (sub.op === "alternate" ? `(?:${render(sub)})` : render(sub))).join("");
    case "alternate":
      return node.subs.map(render).join("|");
    default:
      return ASSERTIONS[node.op];
  }
}

function renderLiteral(literal: Literal): string {
  return literalSets(literal).map(renderSet).join("");
}

function renderSet({ members }: PlainSet): string {
  if (members === anyPlain.members) return "[^]";
  if (members.length === 1) return spell(members);
  return `[${[...members].map(spell).join("")}]`;
}

function spell(char: string): string {
  return /[A-Za-z0-9 ]/.test(char) ? char : `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

function renderCount({ sign, min, max, greedy }: Repeat): string {
  const count = sign === "{" ? `{${min},${max === Number.POSITIVE_INFINITY ? "" : max}}` : sign;
  return greedy ? count : `${count}?`;
}

/**
 * JavaScript forgets a group's text when the loop around it goes round again, Go keeps it. So a group inside a loop
 * is fine only where every turn sets it.
 */
export function capturesAlike(node: Node, skippable = false, inLoop = false): boolean {
  switch (node.op) {
    case "capture":
      return !(inLoop && skippable) && capturesAlike(node.sub, skippable, inLoop);
    case "repeat": {
      const loops = node.max > 1;
      // The two also disagree on a turn that takes nothing.
      if (loops && canBeEmpty(node.sub)) return false;
      return capturesAlike(node.sub, node.min === 0 && inLoop, inLoop || loops);
    }
    case "concat":
      return node.subs.every((sub) => capturesAlike(sub, skippable, inLoop));
    case "alternate":
      return node.subs.every((sub) => capturesAlike(sub, skippable || inLoop, inLoop));
    default:
      return true;
  }
}

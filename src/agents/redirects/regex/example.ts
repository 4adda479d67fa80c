import type { Node } from "./node.ts";
import { isOneCharacter } from "./node.ts";
import { literalSets, type PlainSet, plainSetOf } from "./plain.ts";

/** What a class prefers to be shown as. */
const PREFERRED = "1aA-_";

/**
 * A short plain text that matches a pattern, so that rules can be tried on each other; undefined if none is found.
 * @param fill text for the first group, where one is wanted; it is not checked that the group matches it
 */
export function exampleOf(node: Node, fill?: string): string | undefined {
  switch (node.op) {
    case "literal":
      return joined(literalSets(node).map(member));
    case "capture":
      return fill !== undefined && node.index === 1 ? fill : exampleOf(node.sub, fill);
    case "concat":
      return joined(node.subs.map((sub) => exampleOf(sub, fill)));
    case "alternate":
      return node.subs.map((sub) => exampleOf(sub, fill)).find((text) => text !== undefined);
    case "repeat": {
      const once = exampleOf(node.sub, fill);
      return once === undefined
        ? node.min === 0
          ? ""
          : undefined
        : once.repeat(Math.max(node.min, Math.min(1, node.max)));
    }
    default:
      return isOneCharacter(node) ? member(plainSetOf(node)) : "";
  }
}

function member({ members, has }: PlainSet): string | undefined {
  return [...PREFERRED].find((char) => has[char.charCodeAt(0)] === 1) ?? members[0];
}

function joined(texts: readonly (string | undefined)[]): string | undefined {
  return texts.every((text) => text !== undefined) ? texts.join("") : undefined;
}

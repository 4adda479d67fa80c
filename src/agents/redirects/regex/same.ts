import type { Node } from "./node.ts";

/** Whether Go takes two nodes for equal. Literals are compared by their characters alone, whatever their case mode. */
export function sameNode(a: Node, b: Node): boolean {
  if (a.op === "literal" && b.op === "literal") return sameNumbers(a.runes, b.runes);
  if (a.op === "class" && b.op === "class") return sameNumbers(a.ranges, b.ranges);
  if (a.op === "capture" && b.op === "capture") return a.index === b.index && sameNode(a.sub, b.sub);
  if (a.op === "repeat" && b.op === "repeat") {
    const same = a.sign === b.sign && a.min === b.min && a.max === b.max && a.greedy === b.greedy;
    return same && sameNode(a.sub, b.sub);
  }
  if ((a.op === "concat" && b.op === "concat") || (a.op === "alternate" && b.op === "alternate")) {
    return a.subs.length === b.subs.length && a.subs.every((sub, i) => sameNode(sub, b.subs[i]!));
  }
  return a.op === b.op;
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((number, i) => number === b[i]);
}

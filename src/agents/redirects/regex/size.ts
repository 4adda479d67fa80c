import type { Node } from "./node.ts";
import { PatternProblem } from "./problem.ts";

/** Go compiles no pattern that would become more instructions than this (128 MiB of them). */
const LARGEST = (128 << 20) / 40;

/** Throws PatternProblem if the compiled pattern would be too large. */
export function refuseTooLarge(node: Node): void {
  if (sizeOf(node) > LARGEST) throw new PatternProblem("large", "");
}

/** About how many instructions a node becomes. */
function sizeOf(node: Node): number {
  switch (node.op) {
    case "literal":
      return node.runes.length;
    case "capture":
      return 2 + sizeOf(node.sub);
    case "repeat": {
      const times = node.max === Number.POSITIVE_INFINITY ? node.min : node.max;
      return Math.max(1, times) * (1 + sizeOf(node.sub)) + 1;
    }
    case "concat":
    case "alternate":
      return node.subs.reduce((sum, sub) => sum + 1 + sizeOf(sub), 0);
    default:
      return 1;
  }
}

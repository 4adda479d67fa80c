import type { Node } from "./node.ts";
import { isHarmless } from "./proof.ts";
import { runStraight, type Step, straightSteps } from "./straight.ts";
import { capturesAlike, regExpSource } from "./to-regexp.ts";

/**
 * What runs a pattern behind its literal beginning on plain text. Rules come in thousands but in few shapes, so
 * patterns that differ in their beginning alone share one.
 */
export type Runner =
  | { readonly engine: "straight"; readonly steps: readonly Step[] }
  | { readonly engine: "v8"; readonly regexp: RegExp }
  /** Neither can be trusted with it. */
  | { readonly engine: "linear" };

const known = new Map<string, Runner>();
/** So many runners are kept for sharing. */
const MOST_KEPT = 10_000;

/**
 * The runner for what follows a literal beginning.
 * @param anchored whether it must match right there; otherwise it may match anywhere after
 */
export function runnerFor(node: Node, anchored: boolean): Runner {
  const source = regExpSource(node);
  const key = `${anchored ? "y" : ""} ${source}`;
  const before = known.get(key);
  if (before) return before;
  const runner = make(node, anchored, source);
  if (known.size < MOST_KEPT) known.set(key, runner);
  return runner;
}

/** Runs it from a position on. @returns the groups' texts from index 1 on, or undefined without a match */
export function run(
  runner: Runner,
  groups: number,
  text: string,
  from: number,
): readonly string[] | undefined {
  if (runner.engine === "straight") return runStraight(runner.steps, groups, text, from);
  if (runner.engine === "linear") return undefined;
  const { regexp } = runner;
  regexp.lastIndex = from;
  const found = regexp.exec(text);
  return found === null ? undefined : found.map((group) => group ?? "");
}

function make(node: Node, anchored: boolean, source: string): Runner {
  const steps = anchored ? straightSteps(node) : undefined;
  if (steps) return { engine: "straight", steps };
  if (!capturesAlike(node) || !isHarmless(node, anchored)) return { engine: "linear" };
  // Sticky: it matches at the position it is given, or not at all.
  return { engine: "v8", regexp: new RegExp(source, anchored ? "y" : "g") };
}

import type { Literal, Node, Repeat } from "./node.ts";
import { isOneCharacter } from "./node.ts";
import { isDisjoint, literalSets, literalText, type PlainSet, plainSetOf } from "./plain.ts";

/**
 * Patterns that can be read straight through, from left to right, without ever going back: anchored at the start,
 * made of texts, classes and runs of a class, where no run could have left a character to what follows it. Most
 * redirect rules are such: `^/blog/([0-9]+)/(.*)$`. They cost nothing to prepare and a few comparisons to match.
 */
export type Step =
  | { readonly op: "text"; readonly text: string }
  | { readonly op: "run"; readonly set: PlainSet; readonly min: number; readonly max: number }
  | { readonly op: "open" | "close"; readonly group: number }
  | { readonly op: "end" };

/** The steps of a pattern, or undefined if it cannot be read straight through. */
export function straightSteps(node: Node): readonly Step[] | undefined {
  const steps: (Step & { lazy?: boolean })[] = [];
  const pieces = node.op === "concat" ? node.subs : [node];
  if (pieces[0]?.op !== "begin-text" || !pieces.slice(1).every((piece) => lay(piece, steps)))
    return undefined;
  return steps.every((step, at) => step.op !== "run" || neverGivesBack(step, steps, at))
    ? joinTexts(steps)
    : undefined;
}

/** Runs the steps. @returns the groups' texts with an empty one first, or undefined if it does not match */
export function runStraight(steps: readonly Step[], groups: number, text: string): string[] | undefined {
  let at = 0;
  const found: string[] = groups === 0 ? NO_GROUPS : new Array(groups + 1).fill("");
  const opened: number[] = [];
  for (const step of steps) {
    switch (step.op) {
      case "text":
        if (!text.startsWith(step.text, at)) return undefined;
        at += step.text.length;
        break;
      case "run": {
        const end = runEnd(step.set.has, text, at, step.max);
        if (end - at < step.min) return undefined;
        at = end;
        break;
      }
      case "open":
        opened.push(at);
        break;
      case "close":
        found[step.group] = text.slice(opened.pop(), at);
        break;
      case "end":
        if (at !== text.length) return undefined;
    }
  }
  return found;
}

const NO_GROUPS: string[] = [""];

function runEnd(has: Uint8Array, text: string, from: number, most: number): number {
  const limit = Math.min(text.length, from + most);
  let at = from;
  while (at < limit && has[text.charCodeAt(at)] === 1) at++;
  return at;
}

function lay(node: Node, steps: (Step & { lazy?: boolean })[]): boolean {
  if (node.op === "empty") return true;
  if (node.op === "literal") return layLiteral(node, steps);
  if (isOneCharacter(node)) return add(steps, { op: "run", set: plainSetOf(node), min: 1, max: 1 });
  if (node.op === "repeat") return isOneCharacter(node.sub) && layRun(node, steps);
  if (node.op === "end-text") return add(steps, { op: "end" });
  if (node.op === "concat") return node.subs.every((sub) => lay(sub, steps));
  if (node.op !== "capture") return false;
  steps.push({ op: "open", group: node.index });
  return lay(node.sub, steps) && add(steps, { op: "close", group: node.index });
}

function layLiteral(node: Literal, steps: Step[]): boolean {
  const text = literalText(node);
  if (text !== undefined) return add(steps, { op: "text", text });
  for (const set of literalSets(node)) {
    if (set.members.length === 1) steps.push({ op: "text", text: set.members });
    else steps.push({ op: "run", set, min: 1, max: 1 });
  }
  return true;
}

function layRun({ sub, min, max, greedy }: Repeat, steps: (Step & { lazy?: boolean })[]): boolean {
  return add(steps, {
    op: "run",
    set: plainSetOf(sub),
    min,
    max,
    ...(!greedy && min !== max && { lazy: true }),
  });
}

function add(steps: Step[], step: Step): boolean {
  steps.push(step);
  return true;
}

/**
 * Whether taking all it can is always right for a run. What follows must not be able to use any of its characters —
 * up to the first step that must take something, or the end of the text, which can use none.
 */
function neverGivesBack(
  run: Step & { op: "run"; lazy?: boolean },
  steps: readonly Step[],
  at: number,
): boolean {
  if (run.min === run.max) return true;
  for (const next of steps.slice(at + 1)) {
    if (next.op === "end") return true;
    if (next.op === "text") return run.set.has[next.text.charCodeAt(0)] !== 1;
    if (next.op !== "run") continue;
    if (!isDisjoint(run.set, next.set)) return false;
    if (next.min > 0) return true;
  }
  // Nothing must follow: a run takes all it can, but one that prefers less would take less.
  return run.lazy !== true;
}

function joinTexts(steps: readonly Step[]): Step[] {
  const joined: Step[] = [];
  for (const step of steps) {
    const last = joined.at(-1);
    if (last?.op === "text" && step.op === "text")
      joined[joined.length - 1] = { op: "text", text: last.text + step.text };
    else joined.push(step.op === "run" ? { op: "run", set: step.set, min: step.min, max: step.max } : step);
  }
  return joined;
}

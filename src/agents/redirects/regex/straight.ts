import type { Literal, Node, Repeat } from "./node.ts";
import { isOneCharacter } from "./node.ts";
import { anyPlain, isDisjoint, literalSets, literalText, type PlainSet, plainSetOf } from "./plain.ts";

/**
 * Patterns that can be read straight through, from left to right, without ever going back: anchored at the start,
 * made of texts, classes and runs of a class, where no run could have left a character to what follows it. Most
 * redirect rules are such: `^/blog/([0-9]+)/(.*)$`. They cost nothing to prepare and a few comparisons to match.
 */
export type StepOp = "text" | "run" | "open" | "close" | "end";

/** One step. All have the same fields, whether they need them or not: the engine is much faster with one shape. */
export interface Step {
  readonly op: StepOp;
  /** What a `text` step wants. */
  readonly text: string;
  /** What a `run` step takes, and how many. */
  readonly set: PlainSet;
  readonly min: number;
  readonly max: number;
  /** A run that prefers to take less. */
  readonly lazy: boolean;
  /** Which group an `open` or `close` step is about. */
  readonly group: number;
}

/** The steps of what follows a pattern's literal beginning, or undefined if it cannot be read straight through. */
export function straightSteps(node: Node): readonly Step[] | undefined {
  const steps: Step[] = [];
  if (!lay(node, steps)) return undefined;
  return steps.every((step, at) => step.op !== "run" || neverGivesBack(step, steps, at))
    ? joinTexts(steps)
    : undefined;
}

/** Where each group of the text that is being read begins and ends. Used again for each text. */
const bounds = new Int32Array(2 * 1_001);

/**
 * Runs the steps from a position on.
 * @returns the groups' texts from index 1 on, or undefined if the text does not match
 */
export function runStraight(
  steps: readonly Step[],
  groups: number,
  text: string,
  from: number,
): string[] | undefined {
  let at = from;
  for (const step of steps) {
    switch (step.op) {
      case "text":
        if (!text.startsWith(step.text, at)) return undefined;
        at += step.text.length;
        break;
      case "run": {
        const end = runEnd(step.set, text, at, step.max);
        if (end - at < step.min) return undefined;
        at = end;
        break;
      }
      case "open":
        bounds[2 * step.group] = at;
        break;
      case "close":
        bounds[2 * step.group + 1] = at;
        break;
      case "end":
        if (at !== text.length) return undefined;
    }
  }
  const found = [""];
  for (let group = 1; group <= groups; group++)
    found.push(text.slice(bounds[2 * group]!, bounds[2 * group + 1]!));
  return found;
}

function runEnd(set: PlainSet, text: string, from: number, most: number): number {
  const limit = Math.min(text.length, from + most);
  if (set === anyPlain) return limit;
  const { has } = set;
  let at = from;
  while (at < limit && has[text.charCodeAt(at)] === 1) at++;
  return at;
}

const NO_SET = anyPlain;

function step(op: StepOp, given: Partial<Step> = {}): Step {
  const { text = "", set = NO_SET, min = 1, max = 1, lazy = false, group = 0 } = given;
  return { op, text, set, min, max, lazy, group };
}

/** Appends a node's steps. @returns false if it has none */
function lay(node: Node, steps: Step[]): boolean {
  if (node.op === "empty") return true;
  if (node.op === "concat") return node.subs.every((sub) => lay(sub, steps));
  if (node.op === "capture") return layCapture(node.index, node.sub, steps);
  if (node.op === "literal") steps.push(...literalSteps(node));
  else if (node.op === "end-text") steps.push(step("end"));
  else if (isOneCharacter(node)) steps.push(step("run", { set: plainSetOf(node) }));
  else if (node.op === "repeat" && isOneCharacter(node.sub)) steps.push(runStep(node));
  else return false;
  return true;
}

function layCapture(group: number, sub: Node, steps: Step[]): boolean {
  if (group > 1_000) return false;
  steps.push(step("open", { group }));
  const laid = lay(sub, steps);
  steps.push(step("close", { group }));
  return laid;
}

function literalSteps(literal: Literal): Step[] {
  const text = literalText(literal);
  if (text !== undefined) return [step("text", { text })];
  return literalSets(literal).map((set) =>
    set.members.length === 1 ? step("text", { text: set.members }) : step("run", { set }),
  );
}

function runStep({ sub, min, max, greedy }: Repeat): Step {
  return step("run", { set: plainSetOf(sub), min, max, lazy: !greedy && min !== max });
}

/**
 * Whether taking all it can is always right for a run. What follows must not be able to use any of its characters —
 * up to the first step that must take something, or the end of the text, which can use none.
 */
function neverGivesBack(run: Step, steps: readonly Step[], at: number): boolean {
  if (run.min === run.max) return true;
  for (const next of steps.slice(at + 1)) {
    if (next.op === "end") return true;
    if (next.op === "text") return run.set.has[next.text.charCodeAt(0)] !== 1;
    if (next.op !== "run") continue;
    if (!isDisjoint(run.set, next.set)) return false;
    if (next.min > 0) return true;
  }
  // Nothing must follow: a run takes all it can, but one that prefers less would take less.
  return !run.lazy;
}

function joinTexts(steps: readonly Step[]): Step[] {
  const joined: Step[] = [];
  for (const next of steps) {
    const last = joined.at(-1);
    const both = last?.op === "text" && next.op === "text";
    if (both) joined[joined.length - 1] = step("text", { text: last.text + next.text });
    else joined.push(next);
  }
  return joined;
}

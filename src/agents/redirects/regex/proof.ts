import type { Node } from "./node.ts";
import { anyPlain, literalSets, type PlainSet, plainSetOf } from "./plain.ts";

/**
 * The proof that a backtracking engine cannot be made to work more than in proportion to the text.
 *
 * A backtracking engine that fails in the end has tried every way to read the text. So we send all texts at once
 * through the pattern and count, after each character, how many half-finished ways there can be. If that number
 * stays below a small bound whatever comes, the engine takes at most that many steps for each character. If it does
 * not, or if there are too many different situations to look at, nothing is proven, and the pattern goes to the
 * engine that is linear by construction.
 */

/** So many half-finished ways at one place of the text are still harmless. */
const MOST_WAYS = 24;
/** More situations than this are not looked at. */
const MOST_SITUATIONS = 400;
/** A larger pattern is not looked at. */
const MOST_INSTRUCTIONS = 600;

type Instruction =
  | { readonly op: "set"; readonly set: PlainSet }
  | { readonly op: "split"; readonly a: number; b: number }
  | { readonly op: "jump"; to: number }
  /** Passes at the start of the text alone. */
  | { readonly op: "begin" }
  /** An assertion; it only takes ways away, so taking it for always true counts too many, never too few. */
  | { readonly op: "pass" }
  /** From here on, whatever follows matches. */
  | { readonly op: "match" };

/**
 * Whether a backtracking engine is harmless with this pattern on every plain text.
 * @param anchored whether it is tried at one place only; otherwise it is tried at every character
 */
export function isHarmless(node: Node, anchored: boolean): boolean {
  const program = compile(node);
  return program !== undefined && staysBounded(program, anchored);
}

function compile(node: Node): readonly Instruction[] | undefined {
  const program: Instruction[] = [];
  const fits = emit(node, program);
  program.push({ op: "match" });
  return fits ? cutTail(program) : undefined;
}

/** @returns false if it becomes too large, or has a loop whose body can match nothing */
function emit(node: Node, program: Instruction[]): boolean {
  if (program.length > MOST_INSTRUCTIONS) return false;
  switch (node.op) {
    case "literal":
      for (const set of literalSets(node)) program.push({ op: "set", set });
      return true;
    case "class":
    case "any":
    case "any-but-newline":
      program.push({ op: "set", set: plainSetOf(node) });
      return true;
    case "begin-text":
      program.push({ op: "begin" });
      return true;
    case "capture":
      return emit(node.sub, program);
    case "concat":
      return node.subs.every((sub) => emit(sub, program));
    case "alternate":
      return emitAlternatives(node.subs, program);
    case "repeat":
      return emitRepeat(node, program);
    case "empty":
    // The end of the text is where `.*` goes by itself; see `cutTail`.
    case "end-text":
    case "end-line":
      return true;
    default:
      program.push({ op: "pass" });
      return true;
  }
}

function emitAlternatives(subs: readonly Node[], program: Instruction[]): boolean {
  const [first, ...rest] = subs as [Node, ...Node[]];
  if (rest.length === 0) return emit(first, program);
  const split = { op: "split" as const, a: program.length + 1, b: 0 };
  program.push(split);
  if (!emit(first, program)) return false;
  const jump = { op: "jump" as const, to: 0 };
  program.push(jump);
  split.b = program.length;
  const fits = emitAlternatives(rest, program);
  jump.to = program.length;
  return fits;
}

function emitRepeat({ sub, min, max }: Node & { op: "repeat" }, program: Instruction[]): boolean {
  const endless = max === Number.POSITIVE_INFINITY;
  if (endless && canBeEmpty(sub)) return false;
  for (let i = 0; i < min; i++) if (!emit(sub, program)) return false;
  if (endless) return emitLoop(sub, program);
  const splits: { b: number }[] = [];
  for (let i = min; i < max; i++) {
    const split = { op: "split" as const, a: program.length + 1, b: 0 };
    program.push(split);
    splits.push(split);
    if (!emit(sub, program)) return false;
  }
  for (const split of splits) split.b = program.length;
  return true;
}

function emitLoop(sub: Node, program: Instruction[]): boolean {
  const split = { op: "split" as const, a: program.length + 1, b: 0 };
  const start = program.length;
  program.push(split);
  const fits = emit(sub, program);
  program.push({ op: "jump", to: start });
  split.b = program.length;
  return fits;
}

/** Whether a node can match without taking a character. */
export function canBeEmpty(node: Node): boolean {
  switch (node.op) {
    case "literal":
    case "class":
    case "any":
    case "any-but-newline":
      return false;
    case "capture":
      return canBeEmpty(node.sub);
    case "repeat":
      return node.min === 0 || canBeEmpty(node.sub);
    case "concat":
      return node.subs.every(canBeEmpty);
    case "alternate":
      return node.subs.some(canBeEmpty);
    default:
      return true;
  }
}

/**
 * A pattern that ends in `.*` has matched as soon as it gets there: the engine never comes back from it. (What ends
 * in `.*$` has as well, as the rest of a plain text always fits.)
 */
function cutTail(program: Instruction[]): readonly Instruction[] {
  const tail = program.length - 4;
  const [split, set, jump] = program.slice(tail);
  const endless = split?.op === "split" && set?.op === "set" && jump?.op === "jump" && jump.to === tail;
  if (endless && set.set === anyPlain) program.splice(tail, 4, { op: "match" });
  return program;
}

/** How many ways stand before each instruction that takes a character. */
type Situation = ReadonlyMap<number, number>;

function staysBounded(program: readonly Instruction[], anchored: boolean): boolean {
  const anew = anchored ? new Map<number, number>() : reach(program, new Map([[0, 1]]), false);
  const first = reach(program, new Map([[0, 1]]), true);
  const seen = new Set<string>();
  const open: Situation[] = [first];
  const letters = alphabet(program);
  while (open.length > 0) {
    const situation = open.pop() as Situation;
    const key = keyOf(situation);
    if (seen.has(key)) continue;
    seen.add(key);
    if (seen.size > MOST_SITUATIONS || waysIn(situation) > MOST_WAYS) return false;
    for (const letter of letters) open.push(step(program, situation, letter, anew));
  }
  return true;
}

/** One character of each sort that the pattern can tell apart. */
function alphabet(program: readonly Instruction[]): number[] {
  const sets = [
    ...new Set(program.flatMap((instruction) => (instruction.op === "set" ? [instruction.set] : []))),
  ];
  const sorts = new Map<string, number>();
  for (const char of anyPlain.members) {
    const code = char.charCodeAt(0);
    sorts.set(sets.map(({ has }) => has[code]).join(""), code);
  }
  return [...sorts.values()];
}

function step(
  program: readonly Instruction[],
  before: Situation,
  letter: number,
  anew: Situation,
): Situation {
  const moved = new Map<number, number>();
  for (const [at, ways] of before) {
    const instruction = program[at];
    if (instruction?.op === "set" && instruction.set.has[letter] === 1)
      moved.set(at + 1, (moved.get(at + 1) ?? 0) + ways);
  }
  const after = new Map(reach(program, moved, false));
  // A search may begin at every character.
  for (const [at, ways] of anew) after.set(at, (after.get(at) ?? 0) + ways);
  return after;
}

/** Follows everything that takes no character, and counts each way that leads to an instruction that does. */
function reach(program: readonly Instruction[], from: Situation, atStart: boolean): Situation {
  const reached = new Map<number, number>();
  const open = [...from];
  let work = 0;
  while (open.length > 0) {
    const [at, ways] = open.pop() as [number, number];
    const instruction = program[at];
    if (instruction?.op === "set") reached.set(at, (reached.get(at) ?? 0) + ways);
    else if (instruction?.op === "jump") open.push([instruction.to, ways]);
    else if (instruction?.op === "split") open.push([instruction.a, ways], [instruction.b, ways]);
    else if (instruction?.op === "pass" || (instruction?.op === "begin" && atStart))
      open.push([at + 1, ways]);
    // So many ways through nothing are no good sign either.
    if (++work > 4 * MOST_INSTRUCTIONS) return new Map([[0, MOST_WAYS + 1]]);
  }
  return reached;
}

function waysIn(situation: Situation): number {
  let sum = 0;
  for (const ways of situation.values()) sum += ways;
  return sum;
}

function keyOf(situation: Situation): string {
  return [...situation].sort(([a], [b]) => a - b).join(";");
}

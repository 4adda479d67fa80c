import { foldRanges } from "./fold.ts";
import { EMPTY, isOneCharacter, LARGEST_RUNE, type Literal, type Node } from "./node.ts";
import { type Ranges, union } from "./ranges.ts";
import { sameNode } from "./same.ts";

/**
 * Alternatives as Go's parser rewrites them: a common beginning is taken out, and neighbours of one character
 * become a class. What matches stays the same; the peer's gates depend on it.
 */

/** Joins pieces that follow one another; what is a sequence already is taken apart. */
export function concat(pieces: readonly Node[]): Node {
  if (pieces.length === 0) return EMPTY;
  if (pieces.length === 1) return pieces[0]!;
  return { op: "concat", subs: pieces.flatMap((piece) => (piece.op === "concat" ? piece.subs : [piece])) };
}

/** Joins alternatives. */
export function alternate(branches: readonly Node[]): Node {
  if (branches.length === 1) return branches[0]!;
  const flat = branches.flatMap((branch) => (branch.op === "alternate" ? branch.subs : [branch]));
  const factored = joinEmpty(joinCharacters(takeOutPiece(takeOutLiteral(flat))));
  return factored.length === 1 ? factored[0]! : { op: "alternate", subs: factored };
}

/** Runs of branches that begin with the same characters: `ab|ac` becomes `a(?:b|c)`. */
function takeOutLiteral(branches: readonly Node[]): Node[] {
  const out: Node[] = [];
  for (let start = 0; start < branches.length; ) {
    let common = leadingLiteral(branches[start]!);
    let end = start + 1;
    for (; end < branches.length; end++) {
      const shared = sharedRunes(common, leadingLiteral(branches[end]!));
      if (shared.length === 0) break;
      common = { ...(common as Literal), runes: shared };
    }
    const run = branches.slice(start, end);
    out.push(
      end === start + 1
        ? run[0]!
        : factor(
            common as Literal,
            run.map((branch) => withoutRunes(branch, (common as Literal).runes.length)),
          ),
    );
    start = end;
  }
  return out;
}

/** Runs of branches whose first piece is the same single character or class: `[ab]x|[ab]y`. */
function takeOutPiece(branches: readonly Node[]): Node[] {
  const out: Node[] = [];
  for (let start = 0; start < branches.length; ) {
    const first = leadingPiece(branches[start]!);
    let end = start + 1;
    if (first && isSimple(first)) {
      for (; end < branches.length; end++) {
        const other = leadingPiece(branches[end]!);
        if (!other || !sameNode(first, other)) break;
      }
    }
    const run = branches.slice(start, end);
    out.push(end === start + 1 ? run[0]! : factor(first as Node, run.map(withoutPiece)));
    start = end;
  }
  return out;
}

function factor(prefix: Node, rests: readonly Node[]): Node {
  return { op: "concat", subs: [prefix, alternate(rests)] };
}

/** Runs of branches of one character become a class. */
function joinCharacters(branches: readonly Node[]): Node[] {
  const out: Node[] = [];
  for (const branch of branches) {
    const last = out.at(-1);
    if (last && isOneCharacter(last) && isOneCharacter(branch))
      out[out.length - 1] = mergeCharacters(last, branch);
    else out.push(branch);
  }
  return out;
}

function joinEmpty(branches: readonly Node[]): Node[] {
  return branches.filter((branch, i) => branch.op !== "empty" || branches[i + 1]?.op !== "empty");
}

/** Two branches of one character as one node. Two equal literals stay a literal. */
export function mergeCharacters(a: Node, b: Node): Node {
  if (a.op === "literal" && b.op === "literal" && a.runes[0] === b.runes[0] && a.flags === b.flags) return a;
  return classNode(union(rangesOf(a), rangesOf(b)));
}

/** A class, or what Go makes of one that holds everything. */
function classNode(ranges: readonly number[]): Node {
  const [from, to, from2, to2] = ranges;
  if (from === 0 && to === LARGEST_RUNE) return { op: "any" };
  if (from === 0 && to === 9 && from2 === 11 && to2 === LARGEST_RUNE) return { op: "any-but-newline" };
  return { op: "class", ranges };
}

function rangesOf(node: Node): Ranges {
  if (node.op === "class") return node.ranges;
  if (node.op === "any") return [0, LARGEST_RUNE];
  if (node.op === "any-but-newline") return [0, 9, 11, LARGEST_RUNE];
  const [rune] = (node as Literal).runes as [number];
  return (node as Literal).fold ? foldRanges([rune, rune]) : [rune, rune];
}

/** The unbroken text that a branch begins with; groups that capture are not looked into. */
function leadingLiteral(branch: Node): Literal | undefined {
  const first = branch.op === "concat" ? branch.subs[0] : branch;
  return first?.op === "literal" ? first : undefined;
}

function sharedRunes(a: Literal | undefined, b: Literal | undefined): number[] {
  if (!a || !b || a.fold !== b.fold) return [];
  const shared: number[] = [];
  for (let i = 0; i < a.runes.length && a.runes[i] === b.runes[i]; i++) shared.push(a.runes[i]!);
  return shared;
}

function withoutRunes(branch: Node, count: number): Node {
  const [first, ...rest] = branch.op === "concat" ? branch.subs : [branch];
  const literal = first as Literal;
  const left = literal.runes.slice(count);
  if (left.length > 0) return sequence([{ ...literal, runes: left }, ...rest]);
  return sequence(rest);
}

function leadingPiece(branch: Node): Node | undefined {
  const first = branch.op === "concat" ? branch.subs[0] : branch;
  return first?.op === "empty" ? undefined : first;
}

function isSimple(piece: Node): boolean {
  if (isOneCharacter(piece)) return true;
  return piece.op === "repeat" && piece.sign === "{" && piece.min === piece.max && isOneCharacter(piece.sub);
}

function withoutPiece(branch: Node): Node {
  return branch.op === "concat" ? sequence(branch.subs.slice(1)) : EMPTY;
}

/** Pieces that were a sequence before: nothing is taken apart again. */
function sequence(pieces: readonly Node[]): Node {
  if (pieces.length === 0) return EMPTY;
  return pieces.length === 1 ? pieces[0]! : { op: "concat", subs: pieces };
}

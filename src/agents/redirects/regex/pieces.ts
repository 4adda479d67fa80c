import { orbitOf } from "./fold.ts";
import { FOLD, type Node, type Repeat } from "./node.ts";
import { PatternProblem } from "./problem.ts";

/** The pieces of one branch. Literals that follow one another become one, but for the last, which a `*` may claim. */
export class Pieces {
  readonly #pieces: Node[] = [];

  get none(): boolean {
    return this.#pieces.length === 0;
  }

  get last(): Node {
    return this.#pieces.at(-1)!;
  }

  push(piece: Node): void {
    this.#join();
    this.#pieces.push(piece);
  }

  /** Puts a repetition in the place of what it repeats. */
  repeat(piece: Repeat, written: string): void {
    if (piece.sign === "{" && Math.max(piece.min, piece.max) >= 2 && !countFits(piece, 1_000)) {
      throw new PatternProblem("repeatCount", written);
    }
    this.#pieces[this.#pieces.length - 1] = piece;
  }

  end(): readonly Node[] {
    this.#join();
    return this.#pieces;
  }

  #join(): void {
    const b = this.#pieces.at(-1);
    const a = this.#pieces.at(-2);
    if (a?.op !== "literal" || b?.op !== "literal" || a.fold !== b.fold) return;
    // Both were made by this parser and nobody else has them yet, so the first may grow in place.
    (a.runes as number[]).push(...b.runes);
    this.#pieces.pop();
  }
}

/** A class of one character is that character; one of a letter's two cases is the letter, folded. */
export function asPiece(node: Node, flags: number): Node {
  if (node.op !== "class") return node;
  const [from = 0, to = 0, from2, to2] = node.ranges;
  if (node.ranges.length === 2 && from === to) {
    return { op: "literal", runes: [from], fold: false, flags: flags & ~FOLD };
  }
  const two = node.ranges.length === 4 && from === to && from2 === to2;
  const neighbours = node.ranges.length === 2 && to === from + 1;
  const other = two ? from2! : to;
  const orbit = orbitOf(from);
  if (!(two || neighbours) || orbit.length !== 2 || !orbit.includes(other)) return node;
  return { op: "literal", runes: [from], fold: true, flags: flags | FOLD };
}

/** Whether nested counts stay within a product. */
function countFits(node: Node, most: number): boolean {
  let left = most;
  if (node.op === "repeat" && node.sign === "{") {
    const count = node.max === Number.POSITIVE_INFINITY ? node.min : node.max;
    if (node.max === 0) return true;
    if (count > most) return false;
    if (count > 0) left = Math.floor(most / count);
  }
  if (node.op === "repeat" || node.op === "capture") return countFits(node.sub, left);
  return "subs" in node ? node.subs.every((sub) => countFits(sub, left)) : true;
}

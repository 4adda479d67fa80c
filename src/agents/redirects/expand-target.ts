/**
 * A target with the places where captured texts go. As the peer does it: from the highest group down to the first,
 * every `$` with the character that stands `n` after `0` is replaced by group `n`. So `$10` is group 1 and a `0`,
 * group 10 is `$:`, `$0` and `${1}` stay, and what a higher group brings in may be expanded by a lower one.
 */
export class TargetTemplate {
  readonly #target: string;
  /** Text, group, text, group … text; groups as numbers. */
  readonly #pieces: readonly (string | number)[];

  /** @param groups how many groups the pattern has */
  constructor(target: string, groups: number) {
    this.#target = target;
    this.#pieces = piecesOf(target, groups);
  }

  /** Fills the texts of groups in, from index 1 on. */
  fill(groups: readonly string[]): string {
    if (this.#pieces.length === 1) return this.#target;
    let text = "";
    for (const piece of this.#pieces) {
      if (typeof piece === "string") text += piece;
      else if (groups[piece]!.includes("$")) return inTurn(this.#target, groups);
      else text += groups[piece]!;
    }
    return text;
  }
}

function piecesOf(target: string, groups: number): (string | number)[] {
  const pieces: (string | number)[] = [];
  let from = 0;
  for (let at = target.indexOf("$"); at >= 0; at = target.indexOf("$", at + 1)) {
    const group = (target.codePointAt(at + 1) ?? 0) - 0x30;
    if (!(group >= 1 && group <= groups)) continue;
    pieces.push(target.slice(from, at), group);
    from = at + 2;
  }
  pieces.push(target.slice(from));
  return pieces;
}

/** Captured text with a `$` in it may be expanded again, so the order matters. */
function inTurn(target: string, groups: readonly string[]): string {
  let text = target;
  for (let group = groups.length - 1; group >= 1; group--) {
    text = text.replaceAll(`$${String.fromCodePoint(0x30 + group)}`, () => groups[group]!);
  }
  return text;
}

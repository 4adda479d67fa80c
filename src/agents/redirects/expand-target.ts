/**
 * Fills captured texts into a target, as the peer does: from the highest group down to the first, every `$` with
 * the character that stands `n` after `0` is replaced by group `n`. So `$10` is group 1 and a `0`, group 10 is
 * `$:`, `$0` and `${1}` stay, and what a higher group brings in may be expanded by a lower one.
 */
export function expandTarget(target: string, groups: readonly string[]): string {
  if (!target.includes("$")) return target;
  let text = target;
  for (let group = groups.length - 1; group >= 1; group--) {
    const mark = `$${String.fromCodePoint(0x30 + group)}`;
    if (text.includes(mark)) text = text.replaceAll(mark, () => groups[group]!);
  }
  return text;
}

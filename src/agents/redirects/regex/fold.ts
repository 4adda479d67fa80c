import { LARGEST_RUNE } from "./node.ts";
import { clean, type Ranges } from "./ranges.ts";

/** Beyond this code point no letter has case variants. */
const LAST_CASED = 0x1e943;

/** Characters that any change of case would change. */
const CASED = /\p{Changes_When_Casemapped}/u;

/** Code points with case variants, each with all of them, itself included, in rising order. */
let orbits: Map<number, readonly number[]> | undefined;

/** A character's variants under Unicode's simple case folding: `k`, `K` and the Kelvin sign, say. In rising order. */
export function orbitOf(rune: number): readonly number[] {
  if (rune < 0x80 && !/[A-Za-z]/.test(String.fromCharCode(rune))) return [rune];
  orbits ??= findOrbits();
  return orbits.get(rune) ?? [rune];
}

export function smallestOf(rune: number): number {
  return orbitOf(rune)[0]!;
}

/** The set with all case variants of its members. */
export function foldRanges(set: Ranges): number[] {
  const added: number[] = [...set];
  for (let i = 0; i < set.length; i += 2) {
    const to = Math.min(set[i + 1]!, LAST_CASED);
    if (set[i] === 0 && set[i + 1] === LARGEST_RUNE) return clean(set);
    for (let rune = set[i]!; rune <= to; rune++)
      for (const variant of orbitOf(rune)) added.push(variant, variant);
  }
  return clean(added);
}

/**
 * The engine knows simple case folding, it only has no function for it: two characters are variants if one matches
 * the other under `iu`. Candidates for a character's variants are what its upper and lower case lead to.
 */
function findOrbits(): Map<number, readonly number[]> {
  const found = new Map<number, Set<number>>();
  for (let rune = 0x41; rune <= LAST_CASED; rune++) {
    if (!CASED.test(String.fromCodePoint(rune))) continue;
    for (const other of candidates(rune)) {
      if (other === rune || !areVariants(rune, other)) continue;
      const joined = new Set([rune, other, ...(found.get(rune) ?? []), ...(found.get(other) ?? [])]);
      for (const member of joined) found.set(member, joined);
    }
  }
  return new Map([...found].map(([rune, members]) => [rune, [...members].sort((a, b) => a - b)]));
}

function candidates(rune: number): number[] {
  const text = String.fromCodePoint(rune);
  const lower = text.toLowerCase();
  const upper = text.toUpperCase();
  return [lower, upper, lower.toUpperCase(), upper.toLowerCase()].flatMap((variant) => {
    const [only, ...more] = [...variant];
    return only !== undefined && more.length === 0 ? [only.codePointAt(0)!] : [];
  });
}

function areVariants(a: number, b: number): boolean {
  return new RegExp(`^\\u{${a.toString(16)}}$`, "iu").test(String.fromCodePoint(b));
}

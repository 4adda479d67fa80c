import { LARGEST_RUNE } from "./node.ts";
import type { Ranges } from "./ranges.ts";

/** Go's categories. Its `C` has no unassigned characters, unlike the engine's. */
const CATEGORIES = new Set(
  "C Cc Cf Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs".split(
    " ",
  ),
);

/** Names of scripts have the form of the short codes that the engine knows too, but Go does not: all others with four letters. */
const FOUR_LETTER_SCRIPTS = new Set(["Ahom", "Cham", "Kawi", "Lisu", "Modi", "Thai", "Toto"]);

const known = new Map<string, Ranges | undefined>([["Any", [0, LARGEST_RUNE]]]);

/** The characters of a Unicode category or script as Go names it, or undefined if Go knows none of that name. */
export function propertyRanges(name: string): Ranges | undefined {
  if (!known.has(name)) {
    const test = testFor(name);
    known.set(name, test && rangesOf(test));
  }
  return known.get(name);
}

function testFor(name: string): RegExp | undefined {
  if (name === "C") return /[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/u;
  if (CATEGORIES.has(name)) return new RegExp(`\\p{${name}}`, "u");
  if (!/^[A-Z][A-Za-z_]+$/.test(name) || (name.length === 4 && !FOUR_LETTER_SCRIPTS.has(name)))
    return undefined;
  try {
    return new RegExp(`\\p{Script=${name}}`, "u");
  } catch {
    return undefined;
  }
}

/** Asks for every character there is; it takes some milliseconds, once for each name. */
function rangesOf(test: RegExp): number[] {
  const ranges: number[] = [];
  let from = -1;
  for (let rune = 0; rune <= LARGEST_RUNE + 1; rune++) {
    const inside = rune <= LARGEST_RUNE && test.test(String.fromCodePoint(rune));
    if (inside && from < 0) from = rune;
    if (!inside && from >= 0) {
      ranges.push(from, rune - 1);
      from = -1;
    }
  }
  return ranges;
}

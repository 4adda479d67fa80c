import { foldRanges, orbitOf } from "./fold.ts";
import { LARGEST_RUNE, type Literal, type Node } from "./node.ts";
import { includes, type Ranges } from "./ranges.ts";

/**
 * Plain text: printable ASCII. Nearly every request is plain, and over plain text a pattern of Go's language can be
 * said in simpler terms: no case variants beyond ASCII, no line ends, one byte for each character.
 */
export const PLAIN_FROM = 0x20;
export const PLAIN_TO = 0x7e;

/** Which plain characters a node of one character matches. */
export interface PlainSet {
  /** 1 at the code of each member; 128 long. */
  readonly has: Uint8Array;
  /** The members as text: equal sets have equal keys. */
  readonly members: string;
}

const sets = new Map<string, PlainSet>();

/** The plain characters that match a node of one character. Equal sets are the same object. */
export function plainSetOf(node: Node): PlainSet {
  return plainSet(rangesOf(node));
}

export function plainSet(ranges: Ranges): PlainSet {
  let members = "";
  for (let code = PLAIN_FROM; code <= PLAIN_TO; code++)
    if (includes(ranges, code)) members += String.fromCharCode(code);
  const known = sets.get(members);
  if (known) return known;
  const has = new Uint8Array(128);
  for (const char of members) has[char.charCodeAt(0)] = 1;
  const set = { has, members };
  sets.set(members, set);
  return set;
}

/** Every plain character. */
export const anyPlain: PlainSet = plainSet([0, LARGEST_RUNE]);

export function isDisjoint(a: PlainSet, b: PlainSet): boolean {
  for (const char of a.members) if (b.has[char.charCodeAt(0)] === 1) return false;
  return true;
}

/** The plain characters of one folded literal rune: both cases of a letter. */
export function plainCases(rune: number): PlainSet {
  return plainSet(orbitOf(rune).flatMap((variant) => [variant, variant]));
}

/** A literal as one set for each of its characters. */
export function literalSets({ runes, fold }: Literal): PlainSet[] {
  return runes.map((rune) => (fold ? plainCases(rune) : plainSet([rune, rune])));
}

/** A literal as text, if it is plain throughout and of one case; most are. */
export function literalText({ runes, fold }: Literal): string | undefined {
  if (fold || runes.some((rune) => rune < PLAIN_FROM || rune > PLAIN_TO)) return undefined;
  return String.fromCharCode(...runes);
}

function rangesOf(node: Node): Ranges {
  switch (node.op) {
    case "class":
      return node.ranges;
    case "literal": {
      const [rune] = node.runes as [number];
      return node.fold ? foldRanges([rune, rune]) : [rune, rune];
    }
    // There is no line end in plain text.
    default:
      return [0, LARGEST_RUNE];
  }
}

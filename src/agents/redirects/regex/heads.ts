import type { Literal, Node } from "./node.ts";
import { isOneCharacter } from "./node.ts";
import { literalSets, literalText, type PlainSet, plainSetOf } from "./plain.ts";

/** More beginnings than this are not told apart: each costs an entry in a table. */
const MOST = 8;

interface Heads {
  readonly texts: readonly string[];
  /** Whether a text may be followed by anything but what stands after the node. */
  readonly open: boolean;
}

/**
 * The literal texts that a match must begin with, one of them: `^/(en|fr)/old` gives `/en/old` and `/fr/old`. A
 * sound fact about plain texts, used to look only at rules that can match.
 * @returns undefined if a match may begin anywhere in the text
 */
export function headsOf(node: Node): readonly string[] | undefined {
  const pieces = node.op === "concat" ? node.subs : [node];
  if (pieces[0]?.op !== "begin-text") return undefined;
  return shortestOnly(sequence(pieces.slice(1)).texts);
}

function of(node: Node): Heads {
  if (node.op === "empty") return { texts: [""], open: false };
  if (node.op === "literal") return ofLiteral(node);
  if (isOneCharacter(node)) return append(CLOSED, plainSetOf(node));
  if (node.op === "capture") return of(node.sub);
  if (node.op === "concat") return sequence(node.subs);
  if (node.op === "alternate") return branches(node.subs.map(of));
  if (node.op === "repeat" && node.min > 0) return { texts: of(node.sub).texts, open: true };
  return { texts: [""], open: true };
}

function ofLiteral(literal: Literal): Heads {
  const text = literalText(literal);
  if (text !== undefined) return { texts: [text], open: false };
  return literalSets(literal).reduce((heads, set) => append(heads, set), CLOSED);
}

const CLOSED: Heads = { texts: [""], open: false };
const OPEN: Heads = { texts: [""], open: true };

function sequence(pieces: readonly Node[]): Heads {
  let heads = CLOSED;
  for (const piece of pieces) {
    const next = of(piece);
    if (heads.texts.length * next.texts.length > MOST) return { texts: heads.texts, open: true };
    heads = { texts: heads.texts.flatMap((head) => next.texts.map((text) => head + text)), open: next.open };
    if (next.open) return heads;
  }
  return heads;
}

function append(heads: Heads, set: PlainSet): Heads {
  if (heads.open || heads.texts.length * set.members.length > MOST || set.members === "")
    return { ...heads, open: true };
  return { texts: heads.texts.flatMap((head) => [...set.members].map((char) => head + char)), open: false };
}

function branches(all: readonly Heads[]): Heads {
  const texts = all.flatMap((heads) => heads.texts);
  return texts.length > MOST ? OPEN : { texts, open: all.some((heads) => heads.open) };
}

/** A text that begins with another of the list says nothing more. */
function shortestOnly(texts: readonly string[]): string[] {
  const unique = [...new Set(texts)];
  return unique.filter((text) => !unique.some((other) => other !== text && text.startsWith(other)));
}

import { isOneCharacter, type Node, type Repeat } from "../../src/agents/redirects/regex/node.ts";
import { literalSets, type PlainSet, plainSetOf } from "../../src/agents/redirects/regex/plain.ts";

/** More steps than these are not counted. */
const MOST = 100_000;

class TooMany extends Error {}

/** What is still to come after a node: whether the rest matches from here. */
type Then = (at: number) => boolean;

/** Searches a plain text as a backtracking engine does, without any of its shortcuts, and counts the characters it looks at. */
class Backtracker {
  readonly #text: string;
  steps = 0;

  constructor(text: string) {
    this.#text = text;
  }

  match(node: Node, at: number, then: Then): boolean {
    if (node.op === "literal") return this.#all(literalSets(node), at, then);
    if (isOneCharacter(node)) return this.#all([plainSetOf(node)], at, then);
    switch (node.op) {
      case "capture":
        return this.match(node.sub, at, then);
      case "concat":
        return this.#inTurn(node.subs, at, then);
      case "alternate":
        return node.subs.some((sub) => this.match(sub, at, then));
      case "repeat":
        return this.#repeat(node, 0, at, then);
      case "begin-line":
      case "begin-text":
        return at === 0 && then(at);
      case "end-line":
      case "end-text":
        return at === this.#text.length && then(at);
      case "word-boundary":
        return this.#isBoundary(at) && then(at);
      case "no-word-boundary":
        return !this.#isBoundary(at) && then(at);
      default:
        return then(at);
    }
  }

  #all(sets: readonly PlainSet[], from: number, then: Then): boolean {
    let at = from;
    for (const { has } of sets) {
      if (++this.steps > MOST) throw new TooMany();
      if (has[this.#text.charCodeAt(at)] !== 1) return false;
      at++;
    }
    return then(at);
  }

  #inTurn(nodes: readonly Node[], at: number, then: Then): boolean {
    const [first, ...rest] = nodes;
    return first ? this.match(first, at, (next) => this.#inTurn(rest, next, then)) : then(at);
  }

  #repeat(node: Repeat, turns: number, at: number, then: Then): boolean {
    const more = () =>
      turns < node.max &&
      this.match(node.sub, at, (next) => next !== at && this.#repeat(node, turns + 1, next, then));
    if (turns < node.min)
      return this.match(node.sub, at, (next) => this.#repeat(node, turns + 1, next, then));
    return node.greedy ? more() || then(at) : then(at) || more();
  }

  #isBoundary(at: number): boolean {
    const isWord = (each: number) => /\w/.test(this.#text.charAt(each));
    return isWord(at - 1) !== isWord(at);
  }
}

/**
 * How many characters a backtracking engine looks at until it knows whether a pattern matches; Infinity for very many.
 * @param anchored whether it tries at the start alone; otherwise at each character
 */
export function stepsOf(node: Node, anchored: boolean, text: string): number {
  const engine = new Backtracker(text);
  try {
    for (let start = 0; start <= (anchored ? 0 : text.length); start++)
      if (engine.match(node, start, () => true)) break;
  } catch (error) {
    if (error instanceof TooMany) return Number.POSITIVE_INFINITY;
    throw error;
  }
  return engine.steps;
}

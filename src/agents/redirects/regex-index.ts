import type { TargetTemplate } from "./expand-target.ts";
import type { Beginnings } from "./hash.ts";
import { PrefixTable } from "./prefix-table.ts";
import type { Pattern } from "./regex/pattern.ts";

/** A regex rule, made ready to be tried. */
export interface RegexRule {
  /** Its number in the rule set. */
  readonly index: number;
  readonly pattern: Pattern;
  /** The byte text that a request must begin with; empty: any. */
  readonly gate: string;
  readonly target: TargetTemplate;
  /** The length of its source in bytes: the longest is tried first. */
  readonly weight: number;
}

/** What was found: the rule, and its groups' texts from index 1 on. */
export interface RegexHit {
  readonly rule: RegexRule;
  readonly groups: readonly string[];
}

/**
 * Regex rules by the texts that requests must begin with. The order in which they are tried is fixed when they are
 * loaded: the longest source first; among equals the shortest gate first, rules without a gate last, then the order
 * in which they came.
 */
export class RegexIndex {
  readonly #rules: RegexRule[] = [];
  readonly #plain = new PrefixTable<RegexRule>();
  #odd: PrefixTable<RegexRule> | undefined;
  readonly #found: RegexRule[][] = [];
  readonly #cursors: number[] = [];

  add(rule: RegexRule): void {
    this.#rules.push(rule);
    for (const prefix of prefixesOf(rule)) this.#plain.add(prefix, rule);
  }

  /** Ends the adding. */
  seal(): void {
    this.#plain.seal(earlier);
  }

  get size(): number {
    return this.#rules.length;
  }

  /** Rules that no plain request can reach, as what their gate demands and what their pattern demands exclude each other. */
  get unreachable(): readonly RegexRule[] {
    return this.#rules.filter((rule) => prefixesOf(rule).length === 0);
  }

  /** The first rule that matches `first + second`, which `beginnings` has read. */
  match(first: string, second: string, beginnings: Beginnings): RegexHit | undefined {
    if (this.#rules.length === 0) return undefined;
    const found = this.#found;
    found.length = 0;
    this.#table(beginnings.plain).find(first, second, beginnings, found);
    if (found.length === 0) return undefined;
    return this.#try(first === "" ? second : first + second, beginnings.plain);
  }

  /** Every rule that would be tried, in order, for `explain`. */
  candidates(first: string, second: string, beginnings: Beginnings): RegexRule[] {
    const found: RegexRule[][] = [];
    this.#table(beginnings.plain).find(first, second, beginnings, found);
    return [...new Set(found.flat())].sort(earlier);
  }

  #try(text: string, plain: boolean): RegexHit | undefined {
    const found = this.#found;
    if (found.length > 1) return this.#tryInTurn(text, plain);
    for (const rule of found[0]!) {
      const groups = plain ? rule.pattern.execBehindHead(text) : rule.pattern.exec(text, false);
      if (groups) return { rule, groups };
    }
    return undefined;
  }

  /** Goes through several lists, always taking the earliest rule of all. */
  #tryInTurn(text: string, plain: boolean): RegexHit | undefined {
    const found = this.#found;
    const cursors = this.#cursors;
    for (let list = 0; list < found.length; list++) cursors[list] = 0;
    for (;;) {
      let best = -1;
      let rule: RegexRule | undefined;
      for (let list = 0; list < found.length; list++) {
        const next = found[list]![cursors[list]!];
        if (next && (!rule || earlier(next, rule) < 0)) {
          rule = next;
          best = list;
        }
      }
      if (!rule) return undefined;
      cursors[best]!++;
      const groups = plain ? rule.pattern.execBehindHead(text) : rule.pattern.exec(text, false);
      if (groups) return { rule, groups };
    }
  }

  /** What a pattern demands is known for plain text only; other text goes by the gates alone. */
  #table(plain: boolean): PrefixTable<RegexRule> {
    if (plain) return this.#plain;
    if (!this.#odd) {
      this.#odd = new PrefixTable();
      for (const rule of this.#rules) this.#odd.add(rule.gate, rule);
      this.#odd.seal(earlier);
    }
    return this.#odd;
  }
}

function earlier(a: RegexRule, b: RegexRule): number {
  if (a.weight !== b.weight) return b.weight - a.weight;
  if (a.gate.length !== b.gate.length) {
    if (a.gate === "") return 1;
    return b.gate === "" ? -1 : a.gate.length - b.gate.length;
  }
  return a.index - b.index;
}

/** Where the gate's demand and the pattern's meet: the longer of the two, or nothing if they exclude each other. */
function prefixesOf({ gate, pattern }: RegexRule): string[] {
  const heads = pattern.heads;
  if (!heads) return [gate];
  const both = heads.flatMap((head) => {
    if (head.startsWith(gate)) return [head];
    return gate.startsWith(head) ? [gate] : [];
  });
  return [...new Set(both)];
}

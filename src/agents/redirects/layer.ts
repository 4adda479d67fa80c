import { type BuildOptions, buildMatcher } from "./build.ts";
import type { Match, Matcher } from "./matcher.ts";
import { type PageOptions, PageTable } from "./pages.ts";
import type { PatternProblem } from "./regex/problem.ts";
import type { Rule, RuleSet, Rules } from "./rules.ts";

export interface LayerOptions {
  readonly matching: BuildOptions["matching"];
  readonly onBadRule: BuildOptions["onBadRule"];
  readonly pages: PageOptions;
  readonly told?: BuildOptions["told"];
}

/** A rule with how often it was used, and when last, ISO 8601. */
export interface ListedRule extends Pick<Rule, "type" | "source" | "target" | "code"> {
  readonly hits: number;
  readonly last?: string;
}

/** Rules that were made ready, with what is counted about them. */
export class Layer {
  readonly rules: RuleSet;
  readonly matcher: Matcher;
  readonly pages: PageTable;
  /** Rules that do not compile and were left out. */
  readonly bad: readonly { readonly index: number; readonly problem: PatternProblem }[];
  /** When a rule's window opens or closes next, in milliseconds since 1970. */
  readonly nextChange: number | undefined;
  readonly #hits: Uint32Array;
  /** When each rule was used last, in seconds since 1970. */
  readonly #last: Uint32Array;

  private constructor(
    rules: RuleSet,
    built: { matcher: Matcher; bad: Layer["bad"] },
    pages: PageTable,
    now: number,
    before: Layer | undefined,
  ) {
    this.rules = rules;
    this.matcher = built.matcher;
    this.bad = built.bad;
    this.pages = pages;
    this.nextChange = rules.nextChange(now);
    this.#hits = new Uint32Array(rules.length);
    this.#last = new Uint32Array(rules.length);
    if (before) this.#inherit(before);
  }

  /** Makes rules ready in slices. What was counted about a rule in the layer before is kept. Throws PatternProblem. */
  static async of({ redirects, pages }: Rules, options: LayerOptions, before?: Layer): Promise<Layer> {
    const now = Date.now();
    const built = await buildMatcher(redirects, { ...options, now });
    return new Layer(redirects, built, await PageTable.of(pages, options.pages), now, before);
  }

  match(host: string, uri: string): Match | undefined {
    return this.matcher.match(host, uri);
  }

  /** Counts a use of a rule. */
  used(index: number): void {
    this.#hits[index]!++;
    this.#last[index] = Date.now() / 1_000;
  }

  /** The rules that were used, the most used first. */
  usage(most: number): { rule: Rule; hits: number; last: string }[] {
    const used = [...this.#hits.keys()].filter((index) => this.#hits[index]! > 0);
    used.sort((a, b) => this.#hits[b]! - this.#hits[a]!);
    return used.slice(0, most).map((index) => ({
      rule: this.rules.at(index),
      hits: this.#hits[index]!,
      last: new Date(this.#last[index]! * 1_000).toISOString(),
    }));
  }

  /** Rules whose source or target holds a text, the most used first, and how many there are. */
  listed(text: string, most: number): { readonly found: number; readonly rules: readonly ListedRule[] } {
    const { sources, targets } = this.rules;
    const fits = (index: number) => sources[index]!.includes(text) || targets[index]!.includes(text);
    const found = [...this.#hits.keys()].filter((index) => text === "" || fits(index));
    // The sort keeps the order of rules that are used alike.
    found.sort((a, b) => this.#hits[b]! - this.#hits[a]!);
    return { found: found.length, rules: found.slice(0, most).map((index) => this.#listed(index)) };
  }

  #listed(index: number): ListedRule {
    const { type, source, target, code } = this.rules.at(index);
    const last = this.#last[index]!;
    const used = last > 0 && { last: new Date(last * 1_000).toISOString() };
    return { type, source, target, code, hits: this.#hits[index]!, ...used };
  }

  /** Rules that nobody used since they were loaded. */
  unused(most: number): Rule[] {
    const found: Rule[] = [];
    for (let index = 0; index < this.rules.length && found.length < most; index++) {
      if (this.#hits[index] === 0) found.push(this.rules.at(index));
    }
    return found;
  }

  #inherit(before: Layer): void {
    const counted = new Map<string, number>();
    for (const [index, hits] of before.#hits.entries())
      if (hits > 0) counted.set(keyOf(before.rules, index), index);
    if (counted.size === 0) return;
    for (let index = 0; index < this.rules.length; index++) {
      const old = counted.get(keyOf(this.rules, index));
      if (old === undefined) continue;
      this.#hits[index] = before.#hits[old]!;
      this.#last[index] = before.#last[old]!;
    }
  }
}

function keyOf(rules: RuleSet, index: number): string {
  return `${rules.types[index]} ${rules.sources[index]}`;
}

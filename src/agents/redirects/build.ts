import { setImmediate } from "node:timers/promises";
import type { Told } from "../../core/pace.ts";
import { toBytes } from "./bytes.ts";
import { ExactTable } from "./exact-table.ts";
import { TargetTemplate } from "./expand-target.ts";
import { Matcher } from "./matcher.ts";
import { peerGate, soundGate } from "./regex/gate.ts";
import { Pattern } from "./regex/pattern.ts";
import { PatternProblem } from "./regex/problem.ts";
import { RegexIndex } from "./regex-index.ts";
import type { RuleSet } from "./rules.ts";

export interface BuildOptions {
  /** `flecto` computes gates as the peer does, flaws included; `fixed` demands no more than the pattern does. */
  readonly matching: "flecto" | "fixed";
  /** What to do with a pattern that does not compile: refuse all rules, as the peer does, or leave it out. */
  readonly onBadRule: "refuse" | "skip";
  /** Milliseconds since 1970; rules whose window does not hold then are left out. */
  readonly now: number;
  /** Told after each slice how many rules are ready. */
  readonly told?: Told;
}

export interface Built {
  readonly matcher: Matcher;
  /** Rules that were left out because they do not compile. */
  readonly bad: readonly { readonly index: number; readonly problem: PatternProblem }[];
}

/** After this many milliseconds of building, requests get a turn. */
const SLICE = 5;

/** Builds a matcher in slices, so that requests go on being answered. Throws PatternProblem. */
export async function buildMatcher(rules: RuleSet, options: BuildOptions): Promise<Built> {
  const builder = new Builder(rules, options);
  let began = performance.now();
  for (let index = 0; index < rules.length; index++) {
    builder.add(index);
    if ((index & 0xff) !== 0xff || performance.now() - began < SLICE) continue;
    options.told?.(index + 1, rules.length);
    await setImmediate();
    began = performance.now();
  }
  return builder.build();
}

class Builder {
  readonly #rules: RuleSet;
  readonly #options: BuildOptions;
  /** The sources as byte texts; for plain ASCII the same strings. */
  readonly #keys: string[] = [];
  readonly #exact: ExactTable;
  readonly #exactHost: ExactTable;
  readonly #regex = new RegexIndex();
  readonly #regexHost = new RegexIndex();
  readonly #bad: { index: number; problem: PatternProblem }[] = [];

  constructor(rules: RuleSet, options: BuildOptions) {
    this.#rules = rules;
    this.#options = options;
    this.#exact = new ExactTable(this.#keys);
    this.#exactHost = new ExactTable(this.#keys);
  }

  /** Adds the next rule. */
  add(index: number): void {
    this.#keys.push(toBytes(this.#rules.sources[index]!));
    if (!this.#rules.holds(index, this.#options.now)) return;
    switch (this.#rules.types[index]) {
      case "BASIC":
        this.#exact.set(index);
        break;
      case "BASIC_HOST":
        this.#exactHost.set(index);
        break;
      case "REGEX":
        this.#addRegex(index, this.#regex);
        break;
      case "REGEX_HOST":
        this.#addRegex(index, this.#regexHost);
    }
  }

  build(): Built {
    this.#regex.seal();
    this.#regexHost.seal();
    const parts = {
      rules: this.#rules,
      exact: this.#exact,
      exactHost: this.#exactHost,
      regex: this.#regex,
      regexHost: this.#regexHost,
    };
    return { matcher: new Matcher(parts), bad: this.#bad };
  }

  #addRegex(index: number, list: RegexIndex): void {
    const source = this.#rules.sources[index]!;
    try {
      const pattern = new Pattern(source);
      const gate = this.#options.matching === "flecto" ? peerGate(source) : soundGate(source);
      const target = new TargetTemplate(toBytes(this.#rules.targets[index]!), pattern.groups);
      list.add({ index, pattern, gate: toBytes(gate), target, weight: Buffer.byteLength(source) });
    } catch (error) {
      if (!(error instanceof PatternProblem) || this.#options.onBadRule === "refuse") throw error;
      this.#bad.push({ index, problem: error });
    }
  }
}

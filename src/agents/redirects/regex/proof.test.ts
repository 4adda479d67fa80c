import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { stepsOf } from "../../../../test/tools/backtracker.ts";
import { anyPattern } from "../../../../test/tools/patterns.ts";
import { takeApart } from "./anchor.ts";
import { exampleOf } from "./example.ts";
import { parsePattern } from "./parse.ts";
import { Pattern } from "./pattern.ts";
import { isHarmless } from "./proof.ts";

const RUNS = Number(process.env["OUTRIDER_FUZZ"] ?? 3_000) / 30;

/** What an attacker repeats, and what makes the end not fit. */
const PUMPS = ["a", "b", "/", "0", "-", "k", "ab", "a/", "0a", "aab", "/-"];
const ENDS = ["", "!", "/a!"];

/** The part of a pattern that a backtracking engine would be given. */
function given(source: string) {
  const { anchored, rest } = takeApart(parsePattern(source).node);
  return { anchored, rest, harmless: isHarmless(rest, anchored) };
}

/** Texts that get longer and longer. */
function* attacks(source: string): Generator<(times: number) => string> {
  const { rest } = given(source);
  for (const start of new Set(["", exampleOf(rest) ?? ""]))
    for (const pump of PUMPS) for (const end of ENDS) yield (times) => start + pump.repeat(times) + end;
}

/** By how much more the work grows than the text does, for the worst of all attacks. Linear is 1, quadratic 2. */
function growth(source: string): number {
  const { anchored, rest } = given(source);
  let worst = 0;
  for (const text of attacks(source)) {
    const [short, long] = [100, 200].map((times) => stepsOf(rest, anchored, text(times))) as [number, number];
    // What a pattern may cost once, whatever the text, is left out.
    if (long === Number.POSITIVE_INFINITY) return long;
    worst = Math.max(worst, long / (2 * short + 600));
  }
  return worst;
}

const evil = [
  "^/(a+)+$",
  "^(a+)+$",
  "^/(a|ab|b)*c$",
  "^/(a*)*b",
  "^/a*a*a*b",
  "^/(?:a?){30}a{30}$",
  "^/(.*)/(.*)/(.*)x$",
  "^/([^/]+/?)+$",
  "(a+)+!x",
  "^/(\\w+\\d*)+x$",
  "^/((?:ab?)+b?)+x$",
];

describe("what is not proven harmless", () => {
  it.each(evil)(
    "%s never reaches the backtracking engine, and takes time in proportion to the text",
    (source) => {
      const pattern = new Pattern(source);
      expect([pattern.engine, given(source).harmless]).toEqual(["linear", false]);
      const exec = vi.spyOn(RegExp.prototype, "exec");
      for (const text of attacks(source)) {
        const attack = `/${text(50)}`;
        pattern.exec(attack, true);
        expect(exec.mock.calls.filter(([asked]) => asked === attack)).toEqual([]);
        exec.mockClear();
      }
    },
  );

  it("is what it is left out for: the counter of these tests does find it growing", () => {
    for (const source of ["^(a+)+$", "^/a*a*a*b", "^/(a|ab|b)*c$", "(a+)+!x"])
      expect([source, growth(source) > 1.3]).toEqual([source, true]);
  });

  it.each(evil)("%s: eight times the text takes about eight times as long", (source) => {
    const pattern = new Pattern(source);
    const time = (length: number) => {
      const text = `/${"a".repeat(length)}!`;
      const began = performance.now();
      pattern.exec(text, true);
      return performance.now() - began;
    };
    const best = (length: number) => Math.min(...Array.from({ length: 6 }, () => time(length)));
    // No request is longer: Node's server takes 16 KiB. Were it quadratic, it would be 64 times.
    best(2_000);
    expect(best(16_000) / Math.max(best(2_000), 0.2)).toBeLessThan(40);
  });
});

describe("what is proven harmless", () => {
  it.each(["^/(en|fr)/old$", "^/old(/.*)?$", "^/(.*)/(.*)$", ".*old", "^/(?:a|b)+c$", "^/a{1,5}a{1,3}b$"])(
    "%s costs a backtracking engine no more than in proportion to the text",
    (source) => {
      expect(given(source).harmless).toBe(true);
      expect(growth(source)).toBeLessThan(1.3);
    },
  );

  it("among random patterns: none of them grows, whatever the attack", () => {
    let proven = 0;
    const check = fc.property(anyPattern, (source) => {
      const pattern = compiled(source);
      fc.pre(pattern?.engine === "v8");
      proven++;
      expect([source, given(source).harmless, growth(source) < 1.3]).toEqual([source, true, true]);
    });
    fc.assert(check, { numRuns: RUNS });
    expect(proven).toBeGreaterThan(RUNS / 2);
  });
});

function compiled(source: string): Pattern | undefined {
  try {
    return new Pattern(source);
  } catch {
    return undefined;
  }
}

import { describe, expect, it } from "vitest";
import { vectors } from "../../../test/tools/vectors.ts";
import { bucketOf } from "./bucket.ts";
import { compiled, compiledSegment } from "./compile.ts";
import { evaluate } from "./evaluate.ts";
import type { Flag, Segment } from "./model.ts";
import { readNumber } from "./number.ts";
import { compilePattern } from "./pattern.ts";
import { readUser } from "./user.ts";

interface Vector {
  readonly id: string;
  readonly description: string;
  readonly flag: Flag;
  readonly segments: readonly Segment[];
  readonly user: unknown;
  readonly expected: object;
}

const recorded = vectors<{
  hashes: readonly { key: string; rollout: number }[];
  vectors: readonly Vector[];
}>("featbit-evaluation.json");

/** As a client SDK is told. */
function told({ flag, segments, user }: Vector) {
  const byId = new Map(segments.map((segment) => [segment.id, compiledSegment(segment)]));
  const result = evaluate(compiled(flag), { get: (id) => byId.get(id) }, readUser(user)!);
  const { variationId, value, reason, sendToExperiment } = result;
  return { variationId, variation: value, matchReason: reason, sendToExperiment };
}

describe("evaluation is the server's", () => {
  it.each(recorded.vectors)("$id $description", (vector) => {
    expect(told(vector)).toEqual(vector.expected);
  });

  it.each(recorded.hashes)("$key falls at $rollout", ({ key, rollout }) => {
    expect(bucketOf(key)).toBe(rollout);
  });
});

describe("numbers are .NET's", () => {
  it.each([
    [" 1,000 ", 1000],
    ["1,2,3", 123],
    ["1,", 1],
    [".5", 0.5],
    ["5.", 5],
    ["+1e3", 1000],
    ["-infinity", Number.NEGATIVE_INFINITY],
  ])("%j is %d", (text, number) => expect(readNumber(text)).toBe(number));

  it.each(["", ",1", "0x1f", "12abc", "1e", ".", "NaN", "\u00a01"])("%j is none", (text) => {
    expect(readNumber(text)).toBeNaN();
  });
});

describe("patterns are .NET's", () => {
  it.each([
    ["^abc$", "abc\n", true],
    ["^abc\\z", "abc\n", false],
    ["\\Aabc\\Z", "abc\n", true],
    ["(?i)ABC", "xabcx", true],
    ["(?<word>\\w+)-\\k<word>", "a-a", true],
    ["(?!x)a", "a", true],
    ["[$]", "$", true],
    ["a.c", "a\u2028c", true],
  ])("%s in %j: %s", (pattern, text, found) => expect(compilePattern(pattern)!(text)).toBe(found));

  it("cannot be used to hold up the process, whichever engine runs them", () => {
    const text = `${"a".repeat(40)}!`;
    const began = performance.now();
    expect(compilePattern("^(a+)+$")!(text)).toBe(false);
    expect(compilePattern("^(?=a)(a+)+$")!(text)).toBe(false);
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});

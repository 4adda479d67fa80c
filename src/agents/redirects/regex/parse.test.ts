import { describe, expect, it } from "vitest";
import { parsePattern } from "./parse.ts";

describe("what does not compile, in Go's words", () => {
  it.each([
    ["(?=x)<&>", "invalid or unsupported Perl syntax: `(?=`"],
    ["^/(?!admin).*$", "invalid or unsupported Perl syntax: `(?!`"],
    ["(?z)a", "invalid or unsupported Perl syntax: `(?z`"],
    ["(?i-)a", "invalid or unsupported Perl syntax: `(?i-)`"],
    ["(?P=n)", "invalid or unsupported Perl syntax: `(?P`"],
    ["(?<=a)b", "invalid named capture: `(?<=a)b`"],
    ["(?P<n", "invalid named capture: `(?P<n`"],
    ["(?P<a-b>x)", "invalid named capture: `(?P<a-b>`"],
    ["(a)\\1", "invalid escape sequence: `\\1`"],
    ["\\8", "invalid escape sequence: `\\8`"],
    ["\\C", "invalid escape sequence: `\\C`"],
    ["\\é", "invalid escape sequence: `\\é`"],
    ["\\x{110000}", "invalid escape sequence: `\\x{110000`"],
    ["\\xZ1", "invalid escape sequence: `\\xZ1`"],
    ["a\\", "trailing backslash at end of expression: ``"],
    ["a{1001}", "invalid repeat count: `{1001}`"],
    ["a{2,1}", "invalid repeat count: `{2,1}`"],
    ["(a{30}){40}", "invalid repeat count: `{40}`"],
    ["a**", "invalid nested repetition operator: `**`"],
    ["a++", "invalid nested repetition operator: `++`"],
    ["a*?+", "invalid nested repetition operator: `*?+`"],
    ["*a", "missing argument to repetition operator: `*`"],
    ["a|*", "missing argument to repetition operator: `*`"],
    ["(", "missing closing ): `(`"],
    ["a)", "unexpected ): `a)`"],
    ["[invalid(regex", "missing closing ]: `[invalid(regex`"],
    ["[z-a]", "invalid character class range: `z-a`"],
    ["[[:word", "missing closing ]: `[[:word`"],
    ["[[:nope:]]", "invalid character class range: `[:nope:]`"],
    ["\\p{Nope}", "invalid character class range: `\\p{Nope}`"],
    ["\\p{Grek}", "invalid character class range: `\\p{Grek}`"],
    ["\\pX", "invalid character class range: `\\pX`"],
  ])("%j: %s", (source, message) => {
    expect(() => parsePattern(source)).toThrow(`error parsing regexp: ${message}`);
  });

  it("nests a thousand groups and not more", () => {
    const nested = (depth: number) => `${"(?:".repeat(depth)}a${")".repeat(depth)}`;
    expect(() => parsePattern(nested(1_000))).not.toThrow();
    expect(() => parsePattern(nested(1_001))).toThrow("expression nests too deeply");
  });
});

describe("what Go takes though JavaScript does not, or reads differently", () => {
  it.each([
    "(?i)a(?-i)b",
    "\\Aa\\z",
    "\\Qa.b(\\E.",
    "(?P<n>a)",
    "(?<n>a)",
    "[[:alpha:]]",
    "\\pL\\p{Greek}",
    "x{2",
    "x{,2}",
    "a{0}",
    "[]a]",
    "[^]a]",
    "[a-]",
    "\\07",
    "\\012",
    "(?U)a*",
    "(?s-m:.)",
  ])("%j", (source) => {
    expect(() => parsePattern(source)).not.toThrow();
  });
});

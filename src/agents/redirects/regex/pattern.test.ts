import fc from "fast-check";
import { RE2JS } from "re2js";
import { describe, expect, it } from "vitest";
import { anyPattern, anyText } from "../../../../test/tools/patterns.ts";
import { Pattern } from "./pattern.ts";

/** How many random cases each property sees; the reference engine takes half a millisecond to compile one. */
const RUNS = Number(process.env["OUTRIDER_FUZZ"] ?? 3_000);

/** What the reference engine finds: the groups' texts, or undefined. */
function reference(source: string, text: string): string[] | undefined {
  const matcher = RE2JS.compile(source).matcher(Buffer.from(text, "latin1"));
  if (!matcher.find()) return undefined;
  return Array.from({ length: matcher.groupCount() + 1 }, (_, group) =>
    matcher.start(group) < 0 ? "" : text.slice(matcher.start(group), matcher.end(group)),
  );
}

function compiled(source: string): Pattern | undefined {
  try {
    return new Pattern(source);
  } catch {
    return undefined;
  }
}

describe("engines", () => {
  it.each([
    ["^/blog/([0-9]+)/(.*)$", "straight"],
    ["^/old/(.*)$", "straight"],
    ["^/a/b/?$", "straight"],
    ["(?i)^/foo$", "straight"],
    ["^/(en|fr)/old$", "v8"],
    ["^/old(/.*)?$", "v8"],
    ["^/(.*)/(.*)$", "v8"],
    [".*old", "v8"],
    ["^/(a+)+$", "linear"],
    ["^/(.*)/([^?]*)$", "linear"],
    ["^/(ab|a|b)*$", "linear"],
    ["old.*new", "linear"],
    ["^/(?:a?){20}a{20}$", "linear"],
    ["^(.*)/(.*)\\b$", "linear"],
    ["^/(?:(a)|b)*$", "linear"],
    ["^/x*x*x*$", "linear"],
  ])("%s is run by %s", (source, engine) => {
    expect(new Pattern(source).engine).toBe(engine);
  });

  it("find on any text what the reference engine finds, groups included", () => {
    const used = new Set<string>();
    const check = fc.property(anyPattern, anyText, (source, text) => {
      const pattern = compiled(source);
      fc.pre(pattern !== undefined);
      used.add(pattern.engine);
      const plain = /^[\x20-\x7e]*$/.test(text);
      const expected = reference(source, text);
      expect(pattern.exec(text, plain)?.slice(1)).toEqual(expected?.slice(1));
      // The linear engine alone must agree as well.
      expect(pattern.exec(text, false)?.slice(1)).toEqual(expected?.slice(1));
    });
    fc.assert(check, { numRuns: RUNS });
    expect([...used].sort()).toEqual(["linear", "straight", "v8"]);
  });

  it("take the patterns that the reference engine takes, and no others", () => {
    const check = fc.property(
      anyPattern,
      fc.string({ maxLength: 3, unit: fc.constantFrom(..."()[]{}*+?|\\^$.-1aZ") }),
      (source, tail) => {
        const whole = source + tail;
        let taken = true;
        try {
          RE2JS.compile(whole);
        } catch {
          taken = false;
        }
        expect([whole, compiled(whole) !== undefined]).toEqual([whole, taken]);
      },
    );
    fc.assert(check, { numRuns: RUNS });
  });
});

describe("texts that are not plain", () => {
  const utf8 = (text: string) => Buffer.from(text).toString("latin1");

  it.each([
    ["^/café/(.*)$", "/café/x", ["x"]],
    ["^/.$", "/é", []],
    ["(?i)^/k$", "/\u212a", []],
    ["^/(\\pL+)/", "/ñandú/", ["ñandú"]],
    ["^/[^a-z]$", "/é", []],
  ])("%j finds %j", (source, text, groups) => {
    expect(new Pattern(source).exec(utf8(text), false)?.slice(1)).toEqual(groups.map(utf8));
  });

  it("a byte that is no UTF-8 is one character, and is captured as it is", () => {
    expect(new Pattern("^/(.)/x$").exec("/\xff/x", false)?.slice(1)).toEqual(["\xff"]);
  });

  it("a line end ends what a dot matches", () => {
    expect(new Pattern("^/(.*)").exec("/a\nb", false)?.slice(1)).toEqual(["a"]);
    expect(new Pattern("^/(.*)$").exec("/a\nb", false)).toBeUndefined();
  });
});

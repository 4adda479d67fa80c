import { describe, expect, it } from "vitest";
import { Layer } from "./layer.ts";
import { lint } from "./lint.ts";
import { codeOf, type Rule, RuleSet } from "./rules.ts";

type Given = Partial<Rule> & Pick<Rule, "type" | "source" | "target">;

async function linted(rules: readonly Given[], matching: "flecto" | "fixed" = "flecto") {
  const set = RuleSet.of(rules.map((rule) => ({ status: "FOUND", code: codeOf("FOUND"), ...rule })));
  const pages = { etag: false, compress: false, charset: undefined };
  const layer = await Layer.of({ redirects: set, pages: [] }, { matching, onBadRule: "skip", pages });
  return lint(layer, matching);
}

/** What is found, as `kind source: message`. */
async function findings(rules: readonly Given[], matching: "flecto" | "fixed" = "flecto") {
  const report = await linted(rules, matching);
  return report.findings.map(({ kind, rule, message }) => `${kind} ${rule.source}: ${message}`);
}

const basic = (source: string, target = "/elsewhere") => ({ type: "BASIC", source, target });
const regex = (source: string, target = "/elsewhere") => ({ type: "REGEX", source, target });
const regexHost = (source: string, target = "https://x/") => ({ type: "REGEX_HOST", source, target });

describe("nothing is wrong with", () => {
  it.each([
    [[basic("/a"), basic("/b?x=1"), basic("/caf%C3%A9")]],
    [[regex("^/blog/([0-9]+)/(.*)$", "/articles/$1/$2")]],
    [[regex(".*old", "/new")]],
    [[regex("^/old(/.*)$", "https://new.example$1")]],
    [[regexHost("^shop\\.example\\.com/(.*)$", "https://new.example/$1")]],
    [[{ type: "BASIC_HOST", source: "example.com/a", target: "https://x/" }]],
    [[basic("/a", "https://elsewhere.example/b"), basic("/b", "https://elsewhere.example/c")]],
  ])("%j", async (rules) => expect(await findings(rules)).toEqual([]));
});

describe("what lint finds", () => {
  it.each<[string, Given[], string[]]>([
    ["a pattern that does not compile", [regex("^/(?!x)")], ["broken ^/(?!x): error parsing regexp"]],
    ["a type that there is not", [{ ...basic("/a"), type: "WILD" }], ["dead /a: there is no type WILD"]],
    [
      "a dead rule, with the gate and an example",
      [regex("^/shop/(item-[0-9]+)\\.html$", "/i/$1")],
      ["requests that begin with /shop/item-.html are tried, but it wants, say, /shop/item-1.html"],
    ],
    [
      "a pattern without a slash at its start",
      [regex("old")],
      ["dead old: only requests that begin with old"],
    ],
    ["a pattern for a path without a slash", [regex("^(?:)a$")], ["dead ^(?:)a$: it never matches"]],
    [
      "a path that never arrives so",
      [basic("/café")],
      ["dead /café: no request looks like /café: it arrives as /caf%C3%A9"],
    ],
    ["a malformed path", [basic("/a b")], ["dead /a b: no request looks like /a b: it is refused with 400"]],
    [
      "a specific rule behind a longer one",
      [regex("^/shop/shoes$"), regex("^/(shop|store|boutique|market)?(.*)$", "https://x/")],
      [
        "shadowed ^/shop/shoes$: example.com/shop/shoes goes to the REGEX rule ^/(shop|store|boutique|market)?(.*)$",
      ],
    ],
    ["an earlier rule with the same source", [basic("/a", "/x"), basic("/a", "/y")], ["shadowed /a: "]],
    ["a chain", [basic("/a", "/b"), basic("/b", "/c")], ["chain /a: it takes 2 redirects: /b → /c"]],
    ["a loop", [basic("/a", "/b"), basic("/b", "/a")], ["loop /a: ", "loop /b: "]],
    ["a rule that leads to itself", [basic("/a", "/a")], ["loop /a: it comes back to itself"]],
    ["a loop that grows", [regex("^/(.*)$", "/x/$1")], ["loop ^/(.*)$: it takes more than 10 redirects"]],
    [
      "a chain over hosts",
      [
        basic("/a", "http://h.example/b"),
        { type: "BASIC_HOST", source: "h.example/b", target: "https://x/" },
      ],
      ["chain /a: it takes 2 redirects"],
    ],
    ["a chain through a raw target", [basic("/a", "/é"), basic("/%C3%A9", "/c")], ["chain /a: "]],
    [
      "an open redirect",
      [regex("^/go(/.*)$", "$1")],
      [
        "open-redirect ^/go(/.*)$: /go//elsewhere.example/x leads to //elsewhere.example/x; switch on `guard`",
      ],
    ],
    [
      "an open redirect behind a host",
      [regex("^/go([.@].*)$", "https://example.com$1")],
      [
        "open-redirect ^/go([.@].*)$: /go.elsewhere.example/x leads to https://example.com.elsewhere.example/x",
      ],
    ],
  ])("%s", async (_what, rules, messages) => {
    const found = await findings(rules);
    expect(found).toEqual(messages.map((message) => expect.stringContaining(message)));
  });

  it("nothing dead in a dead rule that `fixed` has revived", async () => {
    expect(await findings([regex("^/shop/(item-[0-9]+)\\.html$", "/i/$1")], "fixed")).toEqual([]);
    expect(await findings([regex("old")], "fixed")).toEqual([]);
  });

  it("nothing about a rule outside its time", async () => {
    const over = { ...basic("/a", "/a"), window: { until: Date.now() - 1_000 } };
    const later = { ...basic("/b", "/b"), window: { from: Date.now() + 100_000 } };
    expect(await findings([over, later])).toEqual([]);
  });

  it("all of it in counts, and the first thousand in words", async () => {
    const report = await linted(Array.from({ length: 1_200 }, (_, i) => basic(`/${i}`, `/${i}`)));
    expect(report).toMatchObject({ rules: 1_200, counts: { loop: 1_200 } });
    expect(report.findings).toHaveLength(1_000);
  });
});

import { describe, expect, it } from "vitest";
import { readRules } from "./rules-file.ts";

function complaint(text: string): string[] {
  try {
    readRules(text, "rules.yaml", "auto");
    return [];
  } catch (error) {
    return (error as Error).message.split("\n");
  }
}

describe("our own format", () => {
  it("tells types by the source, and fills in what is usual", () => {
    const { redirects, pages } = readRules(
      `
redirects:
  - { source: /a, target: /b }
  - { source: h.example/a, target: "https://x/", status: 307 }
  - { type: REGEX, source: '^/(\\d+)$', target: '/$1', status: 302 }
  - { source: /gone, status: 410 }
  - { source: /law, status: 451, from: 2026-01-01T00:00:00Z, until: "2027-01-01" }
pages:
  - { path: /robots.txt, content: "x\\n" }
  - { path: h.example/s.xml, content: <x/>, content_type: application/xml }
`,
      "rules.yaml",
      "auto",
    );
    expect([...redirects].map(({ type, code, status }) => [type, code, status])).toEqual([
      ["BASIC", 301, "MOVED_PERMANENT"],
      ["BASIC_HOST", 307, "TEMPORARY_REDIRECT"],
      ["REGEX", 302, "FOUND"],
      ["BASIC", 410, "410"],
      ["BASIC", 451, "451"],
    ]);
    expect(redirects.at(4).window).toEqual({ from: Date.UTC(2026, 0), until: Date.UTC(2027, 0) });
    expect(pages).toEqual([
      { type: "BASIC", path: "/robots.txt", content: "x\n", contentType: "TEXT_PLAIN" },
      { type: "BASIC_HOST", path: "h.example/s.xml", content: "<x/>", contentType: "XML" },
    ]);
  });

  it.each(["", "redirects: []\n", "{}"])("%j is no rules, and no mistake", (text) => {
    expect(complaint(text)).toEqual([]);
  });

  it.each([
    ["redirects:\n  - { source: /a }\n", "rules.yaml:2:5  redirects.0.target: is missing"],
    ["redirects:\n  - { source: '', target: /b }\n", "rules.yaml:2:15  redirects.0.source: "],
    ["redirects:\n  - { target: /b }\n", "rules.yaml:2:5  redirects.0.source: is missing"],
    ["redirects:\n  - { source: /a, target: /b, status: 303 }\n", "rules.yaml:2:39  redirects.0.status: "],
    ["redirects:\n  - { source: /a, target: /b, stauts: 302 }\n", 'did you mean "status"?'],
    [
      "redirects:\n  - { type: REGEX, source: '^/(?!x)', target: /b }\n",
      "rules.yaml:2:28  redirects.0.source: error parsing regexp: invalid or unsupported Perl syntax: `(?!`",
    ],
    [
      "redirects:\n  - { source: /a, target: /b, from: soon }\n",
      "rules.yaml:2:37  redirects.0.from: expected a date and time",
    ],
    [
      "redirects:\n  - { source: /a, target: /b, from: 2026-02-01, until: 2026-01-01 }\n",
      "rules.yaml:2:56  redirects.0.until: is not after `from`",
    ],
    ["pages:\n  - { path: /a }\n", "rules.yaml:2:5  pages.0.content: "],
    [
      "pages:\n  - { path: /a, content: x, content_type: text/html }\n",
      "rules.yaml:2:43  pages.0.content_type: ",
    ],
    ["redirects: 7\n", "rules.yaml:1:12  redirects: "],
    ["redirects: [\n", "rules.yaml:"],
    ["rules: []\n", 'unknown key "rules"'],
  ])("%j is refused with its place", (text, message) =>
    expect(complaint(text).join("\n")).toContain(message),
  );

  it("names every mistake at once", () => {
    expect(complaint("redirects:\n  - { source: /a }\n  - { source: /b }\npages:\n  - {}\n").length).toBe(4);
  });

  it("takes texts as they are: nothing is filled in", () => {
    const reference = `/$\{HOME}`;
    const { redirects } = readRules(`redirects: [{ source: /a, target: '${reference}' }]`, "x.yaml", "auto");
    expect(redirects.at(0).target).toBe(reference);
  });
});

it.each([
  ["a/b.tsv", "an export"],
  ["b.CSV", "an export"],
  ["site/_redirects", "a list of Netlify's"],
  ["_redirects", "a list of Netlify's"],
])("%s is read as %s", (file, _what) => {
  const text = file.endsWith("_redirects")
    ? "/a /b 302\n"
    : "type\tsource\ttarget\tstatus\nBASIC\t/a\t/b\t302\n";
  expect([...readRules(text, file, "auto").redirects]).toMatchObject([
    { source: "/a", target: "/b", code: 302 },
  ]);
});

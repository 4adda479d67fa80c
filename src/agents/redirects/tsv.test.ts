import { describe, expect, it } from "vitest";
import { RuleSet } from "./rules.ts";
import { readTsv, writeTsv } from "./tsv.ts";

const HEADER = "type\tsource\ttarget\tstatus\n";

function read(rows: string) {
  return [...readTsv(HEADER + rows, "f.tsv")].map(({ type, source, target, code }) => [
    type,
    source,
    target,
    code,
  ]);
}

/** What reading a text complains about. */
function complaint(text: string): string {
  try {
    readTsv(text, "f.tsv");
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

describe("a Manager's export", () => {
  it.each([
    ["BASIC\t/a\t/b\tFOUND\n", [["BASIC", "/a", "/b", 302]]],
    ["basic_host\th/a\thttps://x/\tmoved_permanent", [["BASIC_HOST", "h/a", "https://x/", 301]]],
    [
      "REGEX\t^/(a)$\t/$1\t308\r\nBASIC\t/c\t/d\t307\r\n",
      [
        ["REGEX", "^/(a)$", "/$1", 308],
        ["BASIC", "/c", "/d", 307],
      ],
    ],
    [
      " BASIC \t /a \t /b\t FOUND \n\n\nBASIC\t/c\t/d\tFOUND",
      [
        ["BASIC", "/a", "/b", 302],
        ["BASIC", "/c", "/d", 302],
      ],
    ],
    ['BASIC\t"/a""b"\t"/x\ty"\tFOUND\n', [["BASIC", '/a"b', "/x\ty", 302]]],
    ['BASIC\t/a"b"\t"/x"y"\tFOUND', [["BASIC", '/a"b"', '/x"y', 302]]],
    ['BASIC\t"/a"\t/b\t"FOUND"\r\n', [["BASIC", "/a", "/b", 302]]],
  ])("%j", (rows, rules) => expect(read(rows)).toEqual(rules));

  it("a byte-order mark and a header in any case are fine", () => {
    expect([...readTsv("\ufeffType\tSOURCE\ttarget\tStatus\nBASIC\t/a\t/b\t301", "f")]).toHaveLength(1);
  });

  it.each([
    ["", "f.tsv:1:1  the first row must be: type, source, target, status, between tabs"],
    [
      "type,source,target,status\n",
      "f.tsv:1:1  the first row must be: type, source, target, status, between tabs",
    ],
    [`${HEADER}BASIC\t/a\t/b\n`, "f.tsv:2:1  expected 4 columns, found 3"],
    [`${HEADER}BASIC\t/a\t/b\tFOUND\tx\n`, "f.tsv:2:1  expected 4 columns, found 5"],
    [
      `${HEADER}\nWILD\t/a\t/b\tFOUND\n`,
      'f.tsv:3:1  "WILD" is no type, write one of BASIC, BASIC_HOST, REGEX, REGEX_HOST',
    ],
    [`${HEADER}BASIC\t\t/b\tFOUND\n`, "f.tsv:2:7  the source is empty"],
    [`${HEADER}BASIC\t/a\t\tFOUND\n`, "f.tsv:2:10  the target is empty"],
    [
      `${HEADER}BASIC\t/a\t/b\t303\n`,
      'f.tsv:2:13  "303" is no status, write one of MOVED_PERMANENT, FOUND, TEMPORARY_REDIRECT, PERMANENT_REDIRECT',
    ],
    [
      `${HEADER}BASIC\t"/a\nb"\t/b\tFOUND\nREGEX\t(?!x)\t/b\tFOUND\n`,
      "f.tsv:4:7  error parsing regexp: invalid or unsupported Perl syntax: `(?!`",
    ],
  ])("%j is refused", (text, message) => expect(complaint(text)).toBe(message));

  it("names every mistake, up to a thousand", () => {
    expect(complaint(`${HEADER}A\t/\t/\t301\nBASIC\t/\t/\t301\nB\t/\t/\t301\n`).split("\n")).toHaveLength(2);
    const many = complaint(HEADER + "A\t/\t/\t301\n".repeat(1_500)).split("\n");
    expect(many).toHaveLength(1_001);
    expect(many.at(-1)).toBe("… 1500 bad rows in all");
  });
});

describe("an export of ours", () => {
  const rule = { type: "BASIC", source: "/a", target: "/b", status: "FOUND", code: 302 };

  it("is read back as it was, odd characters included", () => {
    const rules = RuleSet.of([
      rule,
      { ...rule, source: '/quote"', target: "/tab\tinside" },
      { ...rule, type: "REGEX", source: '^/"x"', target: "/$1", status: "MOVED_PERMANENT", code: 301 },
    ]);
    expect([...readTsv(writeTsv(rules), "f")]).toEqual([...rules]);
  });

  it("leaves out what a Manager would not take, and says 302 where the status is unknown", () => {
    const rules = RuleSet.of([
      { ...rule, type: "WILD" },
      { ...rule, source: "" },
      { ...rule, target: "" },
      { ...rule, status: "410", code: 410 },
      { ...rule, window: { from: 1 } },
      { ...rule, status: "GONE" },
    ]);
    expect(writeTsv(rules)).toBe(`${HEADER}BASIC\t/a\t/b\tFOUND\n`);
  });
});

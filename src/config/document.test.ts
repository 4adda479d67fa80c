import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folder } from "../../test/tools/folder.ts";
import { Tidy } from "../../test/tools/tidy.ts";
import { parse } from "./document.ts";

const tidy = new Tidy();

const read = (text: string, env: Record<string, string> = {}) => parse(text, "f.yaml", env);
const mistakes = (text: string, env?: Record<string, string>) =>
  read(text, env).mistakes.map(({ at, message }) => `${at} ${message}`);

describe("places", () => {
  it("are those of each key and each value", () => {
    const { places } = read("agents:\n  web-1:\n    kind: haproxy\n    hosts:\n      - a\n      - b: 1\n");
    const place = (...path: (string | number)[]) => [places.ofKey(path), places.ofValue(path)];
    expect(place("agents", "web-1", "kind")).toEqual(["f.yaml:3:5", "f.yaml:3:11"]);
    expect(place("agents", "web-1", "hosts", 0)).toEqual(["f.yaml:5:9", "f.yaml:5:9"]);
    expect(place("agents", "web-1", "hosts", 1, "b")).toEqual(["f.yaml:6:9", "f.yaml:6:12"]);
  });

  it("of what is missing are those of the nearest parent's key", () => {
    const { places } = read("agents:\n  web-1:\n    kind: haproxy\n");
    expect(places.ofValue(["agents", "web-1", "listen", "port"])).toBe("f.yaml:2:3");
  });

  it("are right with line ends of Windows, a byte order mark and wide characters", () => {
    const { places } = read('\ufeffa: "ä€"\r\nb: { "ü": 1, c: 2 }\r\n');
    expect([places.ofValue(["a"]), places.ofValue(["b", "c"])]).toEqual(["f.yaml:1:4", "f.yaml:2:17"]);
  });
});

describe("references", () => {
  const env = { NAME: "web", PORT: "8080", EMPTY: "", FLAG: "true", ODD: "a: [b" };

  it.each([
    ["${NAME}", "web"],
    ["${NAME}-${PORT}", "web-8080"],
    ["${PORT}", 8080],
    ['"${PORT}"', "8080"],
    ["${FLAG}", true],
    ["${MISSING:-5s}", "5s"],
    ["${EMPTY:-x}", "x"],
    ['"${MISSING:-}"', ""],
    ['"$${NAME}"', "${NAME}"],
    ["'a $${ b'", "a ${ b"],
    ["${ODD}", "a: [b"],
    ["$NAME", "$NAME"],
    ["100$", "100$"],
  ])("%s becomes %j", (text, value) => {
    expect(read(`key: ${text}`, env)).toMatchObject({ data: { key: value }, mistakes: [] });
  });

  it("take a file's text without its last line end", async () => {
    const path = join(await folder(tidy), "token");
    writeFileSync(path, "s3cret\n");
    expect(read(`key: "\${file:${path}}"`).data).toEqual({ key: "s3cret" });
    writeFileSync(path, "s3cret\r\n");
    expect(read(`key: "\${file:${path}}"`).data).toEqual({ key: "s3cret" });
  });

  it("never change the structure", () => {
    expect(read("a: ${X}\nb: 1", { X: "1\nb: 2\nc: 3" }).data).toEqual({ a: "1\nb: 2\nc: 3", b: 1 });
  });

  it.each([
    ["${MISSING}", "the environment variable MISSING is not set, set it or write ${MISSING:-default}"],
    ["${EMPTY}", "the environment variable EMPTY is not set, set it or write ${EMPTY:-default}"],
    ["${1X}", "${1X} is no reference, write ${NAME}, ${NAME:-default} or ${file:/path}"],
    ["${file:/no/such}", /^cannot read the file \/no\/such \(ENOENT/],
    ["'${NAME'", "a reference is not closed by }, write $${ for a plain ${"],
    ["${A:-${B}}", "${A:-${B}: a default cannot hold another reference"],
  ])("%s is a mistake", (text, message) => {
    const [mistake, ...more] = read(`first: 1\nkey: ${text}`, env).mistakes;
    expect([mistake?.at, more]).toEqual(["f.yaml:2:6", []]);
    expect(mistake?.message).toEqual(message instanceof RegExp ? expect.stringMatching(message) : message);
  });
});

describe("anchors and merge keys", () => {
  it("repeat a value, and merge a map whose keys give way wherever they stand", () => {
    const text =
      "base: &base { a: 1, b: { c: 2 } }\none: { a: 5, <<: *base }\ntwo: { <<: *base, a: 6 }\nlist: [*base]";
    expect(read(text).data).toMatchObject({
      one: { a: 5, b: { c: 2 } },
      two: { a: 6, b: { c: 2 } },
      list: [{ a: 1, b: { c: 2 } }],
    });
  });

  it("merge several maps, of which the first that has a key wins", () => {
    const text = "x: &x { a: 1 }\ny: &y { a: 2, b: 3 }\nz: { <<: [*x, *y] }";
    expect(read(text).data).toMatchObject({ z: { a: 1, b: 3 } });
  });

  it("take the last anchor of a name before the alias", () => {
    expect(read("a: &x 1\nb: *x\nc: &x 2\nd: *x").data).toEqual({ a: 1, b: 1, c: 2, d: 2 });
  });

  it("are complained about where the anchored value stands", () => {
    const { places } = read("base: &base\n  listen: 1\nweb:\n  <<: *base\n");
    expect(places.ofValue(["web", "listen"])).toBe("f.yaml:2:11");
  });

  it.each([
    ["a: *nope", "f.yaml:1:4 there is no anchor &nope before this alias"],
    ["a: &x [1, *x]", "f.yaml:1:11 *x contains itself"],
    ["a: &x { <<: *x }", "f.yaml:1:13 *x contains itself"],
    ["a: { <<: 5 }", "f.yaml:1:10 << takes a map, or a list of maps"],
  ])("%s is a mistake", (text, mistake) => expect(mistakes(text)).toEqual([mistake]));
});

describe("JSON", () => {
  it("is read as YAML, with places", () => {
    const text =
      '{\n\t"agents": {\n\t\t"web": { "kind": "x", "list": [1,\n\t\t2], "t": true, "n": null }\n\t}\n}\n';
    const { data, places, mistakes: none } = read(text);
    expect([data, none]).toEqual([JSON.parse(text), []]);
    expect(places.ofValue(["agents", "web", "kind"])).toBe("f.yaml:3:20");
  });
});

describe("mistakes in the text", () => {
  it.each([
    ["a: 1\nb: [1, 2\nc: 3", "f.yaml:3:1"],
    ["a:\n\tb: 1", "f.yaml:2:1"],
    ["a: 1\n---\nb: 2", "f.yaml:2:1 a second document begins here, keep one in a file"],
    ["a: !env TOKEN", "f.yaml:1:4 Unresolved tag: !env"],
    ["a: 1\nb: 2\na: 3", 'f.yaml:3:1 "a" is given here and at f.yaml:1:1, keep one'],
    ["__proto__: { a: 1 }", 'f.yaml:1:1 "__proto__" cannot be a key'],
    ["? [a]\n: 1", "f.yaml:1:3 a key must be a plain text"],
  ])("%j", (text, start) => {
    const [first, ...more] = mistakes(text);
    expect(first?.startsWith(start)).toBe(true);
    expect(more).toEqual([]);
  });

  it("are no comments of another program's file that come twice, but anything else that does", () => {
    const text = '{ "@comment": 1, "@comment": 2, "port": 1, "port": 2 }';
    expect(mistakes(text)).toHaveLength(2);
    expect(parse(text, "f.json", undefined).mistakes.map(({ message }) => message)).toEqual([
      '"port" is given here and at f.json:1:33, keep one',
    ]);
  });

  it("are all told at once", () => {
    expect(mistakes("a: ${A}\nb: *b\nc: 1\nc: 2\n")).toHaveLength(3);
  });

  it("of nothing are none", () => {
    for (const text of ["", "# only a remark\n", "---\n"]) {
      expect(read(text)).toMatchObject({ data: {}, mistakes: [] });
    }
  });
});

describe("hostile texts are refused quickly", () => {
  const levels = [..."bcdefghij"];
  const bomb = levels.map((name) => {
    const before = String.fromCharCode(name.charCodeAt(0) - 1);
    return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(", ")}]`;
  });
  const chain = levels.map((name) => {
    const before = String.fromCharCode(name.charCodeAt(0) - 1);
    return `${name}: &${name} ${"[".repeat(80)}*${before}${"]".repeat(80)}`;
  });
  const merges = levels.map((name) => {
    const before = String.fromCharCode(name.charCodeAt(0) - 1);
    return `${name}: &${name} { <<: [${Array.from({ length: 9 }, () => `*${before}`).join(", ")}] }`;
  });

  it.each([
    ["an alias bomb", ["a: &a [x, x]", ...bomb].join("\n"), "aliases repeat more than"],
    ["a bomb of merges", ["a: &a { x: 1, y: 2 }", ...merges].join("\n"), "aliases repeat more than"],
    ["a chain of deep aliases", ["a: &a [x]", ...chain].join("\n"), "aliases nest too deeply"],
    ["brackets without end", "[".repeat(200_000), "is nested too deeply"],
    ["braces without end", "{a: ".repeat(100_000), "is nested too deeply"],
    ["dashes without end", "- ".repeat(100_000), "is nested too deeply"],
    [
      "a staircase",
      Array.from({ length: 1_000 }, (_, i) => `${" ".repeat(i)}a:`).join("\n"),
      "nested too deeply",
    ],
    ["a huge text", `a: ${"x".repeat(9_000_000)}`, "is larger than"],
  ])("%s", (_, text, message) => {
    const began = performance.now();
    expect(mistakes(text)).toEqual([expect.stringContaining(message)]);
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  it("and many keys are read in reasonable time", () => {
    const text = Array.from({ length: 20_000 }, (_, index) => `key${index}: 1`).join("\n");
    const began = performance.now();
    expect(mistakes(text)).toEqual([]);
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it("and what people nest by hand is not refused", () => {
    expect(mistakes(`${"[".repeat(60)}1${"]".repeat(60)}`)).toEqual([]);
  });
});

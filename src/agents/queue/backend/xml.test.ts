import { describe, expect, it } from "vitest";
import { decodeXml } from "./xml.ts";

const decode = (text: string) => decodeXml(Buffer.from(text));

describe("decodeXml", () => {
  it.each([
    // D38 and D39 of the recorded vectors.
    [
      '<user id="7"><name>Ann</name><tag>a</tag><tag>b</tag></user>',
      { user: { "-id": "7", name: "Ann", tag: ["a", "b"] } },
    ],
    ["<r><i>1</i><i>2</i></r>", { r: { i: ["1", "2"] } }],
    ["<a/>", { a: "" }],
    ["<a></a>", { a: "" }],
    ["<a> \n </a>", { a: "" }],
    ['<a b="1">t</a>', { a: { "-b": "1", "#text": "t" } }],
    ['<a b=" x "/>', { a: { "-b": " x " } }],
    ["<a>\n  x  y\n</a>", { a: "x  y" }],
    ["<a><n>007</n><t>true</t></a>", { a: { n: "007", t: "true" } }],
    ["<a><b/><b>1</b><b><c/></b></a>", { a: { b: ["", "1", { c: "" }] } }],
    ["<a><b>1</b>after</a>", { a: { b: "1", "#text": "after" } }],
    ["<a>before<b>1</b>after</a>", { a: { b: "1", "#text": "before" } }],
    ["<a>1<!-- a comment parts the text -->2</a>", { a: "2" }],
    ["<a><![CDATA[<x>&]]></a>", { a: "<x>&" }],
    ['<?xml version="1.0"?>\n<!-- c -->\n<?pi x?><a/>', { a: "" }],
    ["\uFEFF<a/>", { a: "" }],
    [
      '<s:a xmlns:s="u" xmlns="d" s:k="v"><s:b>1</s:b><b>2</b></s:a>',
      { a: { "-s": "u", "-xmlns": "d", "-k": "v", b: ["1", "2"] } },
    ],
    ['<a b="&quot;&apos;">&lt;&#65;&#x42;&amp;lt;&gt;</a>', { a: { "-b": "\"'", "#text": "<AB&lt;>" } }],
  ])("%s", (text, expected) => {
    expect(decode(text)).toEqual(expected);
  });

  it("reads the charset that is declared", () => {
    const head = (charset: string) => `<?xml version="1.0" encoding="${charset}"?>`;
    expect(decodeXml(Buffer.from(`${head("ISO-8859-1")}<a>\xe9</a>`, "latin1"))).toEqual({ a: "é" });
    const quoted = `${head("windows-1252")}<a>\x80\x8e\x93\x9f\xe9\x81</a>`;
    expect(decodeXml(Buffer.from(quoted, "latin1"))).toEqual({ a: "€Ž“Ÿé\x81" });
    expect(decode(`${head("UTF-8")}<a>é</a>`)).toEqual({ a: "é" });
    expect(() => decode(`${head("klingon")}<a/>`)).toThrow();
    expect(() => decodeXml(Buffer.from("<a>\xe9</a>", "latin1"))).toThrow();
  });

  it.each([
    "",
    "   ",
    "hello",
    "<!-- only a comment -->",
    "<a>",
    "<a></b>",
    "<a b=c/>",
    "<a>1 & 2</a>",
    "<a>&nbsp;</a>",
    "<a>&#0;</a>",
    '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>',
    '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>',
    '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;"><!ENTITY d "&c;&c;&c;">]><a>&d;</a>',
    "<__proto__>1</__proto__>",
  ])("refuses %s", (text) => {
    expect(() => decode(text)).toThrow();
  });

  it("survives depth", () => {
    const deep = `${"<a>".repeat(500)}x${"</a>".repeat(500)}`;
    expect(JSON.stringify(decode(deep))).toContain('"x"');
    expect(() => decode(`${"<a>".repeat(50_000)}x${"</a>".repeat(50_000)}`)).toThrow();
  });
});

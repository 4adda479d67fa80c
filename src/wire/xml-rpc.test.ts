import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseXmlRpcCall, xmlRpcAnswer, xmlRpcFault } from "./xml-rpc.ts";

const call = (params: string, method = "m") =>
  parseXmlRpcCall(
    `<?xml version='1.0'?>\n<methodCall>\n<methodName>${method}</methodName>\n${params}</methodCall>\n`,
  );
const param = (value: string) => `<params>\n<param>\n<value>${value}</value>\n</param>\n</params>\n`;

describe("a call of XML-RPC", () => {
  it("is read: texts, numbers, truth values, or nothing", () => {
    expect(call("", "supervisor.getState")).toEqual({ method: "supervisor.getState", params: [] });
    expect(call("<params/>")?.params).toEqual([]);
    expect(call("<params>\n</params>")?.params).toEqual([]);
    const read = (value: string) => call(param(value))?.params;
    expect(read("<string>agent</string>")).toEqual(["agent"]);
    expect(read("agent")).toEqual(["agent"]);
    expect(read("<string/>")).toEqual([""]);
    expect(read("<string>a &lt;&amp;&#233;&#x1F600;&gt;</string>")).toEqual(["a <&é😀>"]);
    expect(read("<int>-7</int>")).toEqual([-7]);
    expect(read("<boolean>1</boolean>")).toEqual([true]);
    const two = `<params><param><value><string>a</string></value></param><param><value><i4>2</i4></value></param></params>`;
    expect(call(two)?.params).toEqual(["a", 2]);
  });

  it("is refused if it is anything else, and nothing is unfolded", () => {
    const others = [
      param("<array><data/></array>"),
      param("<struct></struct>"),
      param("<int>x</int>"),
      "<params><param></param></params>",
      "<params>text</params>",
    ];
    for (const other of others) expect(call(other), other).toBeUndefined();
    expect(parseXmlRpcCall("")).toBeUndefined();
    const bomb = `<!DOCTYPE a [<!ENTITY b "bbbb">]><methodCall><methodName>m</methodName></methodCall>`;
    expect(parseXmlRpcCall(bomb)).toBeUndefined();
    expect(call(param("<string>&b;</string>"))?.params).toEqual(["&b;"]);
  });

  it("may be anything without taking us down", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        parseXmlRpcCall(text);
        call(text);
        call(param(text));
      }),
      { numRuns: 2_000 },
    );
    const began = performance.now();
    call(param("<string>".repeat(20_000)));
    call(`<params>${"<param><value>".repeat(20_000)}`);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});

describe("an answer of XML-RPC", () => {
  it("is written with its types", () => {
    expect(xmlRpcAnswer([{ a: "<&>", b: 1.9, c: true }])).toContain(
      "<value><array><data><value><struct><member><name>a</name><value><string>&lt;&amp;&gt;</string></value></member><member><name>b</name><value><int>1</int></value></member><member><name>c</name><value><boolean>1</boolean></value></member></struct></value></data></array></value>",
    );
    expect(xmlRpcFault(10, "BAD_NAME")).toContain(
      "<fault><value><struct><member><name>faultCode</name><value><int>10<",
    );
  });
});

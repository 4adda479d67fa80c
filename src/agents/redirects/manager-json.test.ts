import { describe, expect, it } from "vitest";
import { firstJsonValue } from "./manager-json.ts";

describe("the first JSON value of a text", () => {
  it.each([
    ['{"a":1} trailing "', { a: 1 }],
    ['[1,"]"]]', [1, "]"]],
    ['{"a":"\\"}"}x', { a: '"}' }],
    ['{"a":"\\\\"}"', { a: "\\" }],
    ['"text"', "text"],
    ["12", 12],
  ])("of %j", (text, value) => expect(firstJsonValue(text)).toEqual(value));

  it.each(["", "<html>", '{"a":', '{"a":"x}', "[[1]", "]", "{]", '{"a":1,} {}'])("of %j is none", (text) => {
    expect(() => firstJsonValue(text)).toThrow(SyntaxError);
  });

  it("is found behind long texts", () => {
    const text = "x".repeat(20_000_000);
    expect(firstJsonValue(`{"a":"${text}"} trailing`)).toEqual({ a: text });
  });

  it.each([
    ["quotes", '\\"'],
    ["backslashes", "\\\\"],
    ["opening brackets", '"{['],
  ])("takes no longer for each of many %s in one that is cut", (_what, piece) => {
    const time = (times: number) => {
      const body = `{"Items":[{"content":"${piece.repeat(times)}`;
      const began = performance.now();
      expect(() => firstJsonValue(body)).toThrow(SyntaxError);
      return performance.now() - began;
    };
    const best = (times: number) => Math.min(time(times), time(times), time(times));
    // Sixteen times as much takes sixteen times as long, or 256 times if each is looked at from each.
    const [short, long] = [best(5_000), best(80_000)];
    expect(long / Math.max(short, 1)).toBeLessThan(80);
  });
});

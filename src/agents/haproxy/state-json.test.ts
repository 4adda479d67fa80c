import { describe, expect, test } from "vitest";
import { RejectedProblem } from "../../core/problems.ts";
import { formatState, parseState } from "./state-json.ts";

const parse = (text: string, wide = false) => parseState(Buffer.from(text), wide);
const status = (spelled: string) => parse(`{"status":${spelled}}`).status;
const weight = (spelled: string) => parse(`{"status":"UP","weight":${spelled}}`).weight;

describe("a state file's status", () => {
  test.each([
    ["0", "UP"],
    ["6", "STOPPED"],
    ['"+1"', "DOWN"],
    ['"0_1"', "DOWN"],
    ['"0__1"', "DOWN"],
    ['"-00"', "UP"],
  ])("%s is the word of that index: %s", (spelled, word) => {
    expect(status(spelled)).toBe(word);
  });

  test.each(["-0", '"-0"', "-1", "7", "1.0", "1e0", '"UP "', '"up"', "null", "true", "[0]", "{}"])(
    "%s is refused",
    (spelled) => {
      expect(() => status(spelled)).toThrow(RejectedProblem);
    },
  );
});

describe("a state file's numbers", () => {
  test("an absent and a null one are the same", () => {
    expect(weight("null")).toBeUndefined();
    expect(parse('{"status":"UP"}').weight).toBeUndefined();
  });

  test("a fraction too small for a double is still a fraction", () => {
    expect(() => weight("50.00000000000000000001")).toThrow("no whole number");
  });

  test.each(["256", "-1", "2.56e2", "1e99999", "99999999999999999999"])("%s is out of range", (spelled) => {
    expect(() => weight(spelled)).toThrow("not within 0 and 255");
  });

  test("minus zero is written as zero", () => {
    expect(Object.is(weight("-0"), 0)).toBe(true);
    expect(Object.is(weight("-0.0"), 0)).toBe(true);
  });
});

describe("a state file's shape", () => {
  test.each([
    ['{"status":"UP","weight":1,"weight":1}', "given twice"],
    ['{"status":"UP","we\\u0069ght":1,"weight":1}', "given twice"],
    ['{"status":"UP","a":{"b":[1,"}"]}}', "no plain value"],
    ['{"status":"UP","__proto__":1}', 'unknown field "__proto__"'],
    ['{"status":"UP","reason":"x"}', 'unknown field "reason"'],
    ['[{"status":"UP"}]', "no object"],
  ])("%s is refused: %s", (text, why) => {
    expect(() => parse(text)).toThrow(why);
  });

  test("bytes that are no UTF-8 are refused", () => {
    expect(() => parseState(Buffer.from([0x7b, 0xff, 0x7d]))).toThrow("no UTF-8");
  });

  test("braces and commas inside texts separate nothing", () => {
    expect(parse('{"reason":"a,{\\"b\\":1}","status":"UP"}', true).reason).toBe('a,{"b":1}');
  });
});

describe("what we write", () => {
  test("is what hapgent writes: two blanks, absent fields left out, no line end", () => {
    expect(formatState({ status: "DOWN", weight: 90, maxconn: 2_000, reason: "no" })).toBe(
      '{\n  "status": "DOWN",\n  "weight": 90,\n  "maxconn": 2000\n}',
    );
    expect(formatState({ status: "UP" })).toBe('{\n  "status": "UP"\n}');
  });

  test("can be read again, reason included where that is known", () => {
    const state = { status: "MAINT", weight: 0, maxconn: 0, reason: "disk" } as const;
    expect(parse(formatState(state, true), true)).toEqual(state);
  });
});

import { describe, expect, test } from "vitest";
import { readInteger, readWhole } from "./number.ts";

describe("integers in texts", () => {
  test.each([
    ["0", 0],
    ["007", 7],
    ["+5", 5],
    ["-0", 0],
    ["-12", -12],
    ["1_0", 10],
    ["1__0", 10],
    ["99999999999999999999", 1e20],
  ])("%s is %d", (text, number) => {
    expect(readInteger(text)).toBe(number);
  });

  test.each(["", " ", "+", "_1", "1_", "+_1", "1 ", " 1", "0x10", "1.0", "1e1", "+-1", "٣"])(
    "%j is none",
    (text) => {
      expect(readInteger(text)).toBeUndefined();
    },
  );
});

describe("whole numbers in texts", () => {
  test.each([
    ["50", 50],
    ["50.0", 50],
    ["50.", 50],
    [".0", 0],
    ["-0.0", 0],
    ["5e1", 50],
    ["5E+1", 50],
    [".5e1", 5],
    ["1_0.0_0", 10],
    ["2550e-1", 255],
    ["0.0000001e7", 1],
    ["0e999999999999", 0],
    ["-5e0", -5],
    ["1e400", Number.POSITIVE_INFINITY],
    [`1e${"9".repeat(400)}`, Number.POSITIVE_INFINITY],
  ])("%s is %d", (text, number) => {
    expect(readWhole(text)).toBe(number);
  });

  test.each([
    "50.5",
    "1e-1",
    "10e-2",
    "1e-400",
    "50.00000000000000000000001",
    ".",
    "e1",
    ".e1",
    "5e",
    "5e+",
    "1_.0",
    "1._0",
    "1__0.0",
    "5.0.0",
    "nan",
    "infinity",
  ])("%s is none", (text) => {
    expect(readWhole(text)).toBeUndefined();
  });
});

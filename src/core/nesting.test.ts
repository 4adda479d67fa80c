import { describe, expect, it } from "vitest";
import { isTooDeep } from "./nesting.ts";

const nested = (levels: number, inside = "") => `${"[".repeat(levels)}${inside}${"]".repeat(levels)}`;

describe("isTooDeep", () => {
  it.each([
    ["a few levels of lists", nested(500), false],
    ["too many of them", nested(501), true],
    ["too many objects", `${'{"a":'.repeat(501)}1${"}".repeat(501)}`, true],
    ["brackets in a text", JSON.stringify("[".repeat(2_000)), false],
    ["brackets after a quote in a text", `["\\"${"[".repeat(2_000)}"]`, false],
    ["brackets after a text that ends with a backslash", `["\\\\",${nested(501)}]`, true],
    ["many lists side by side", `[${Array.from({ length: 2_000 }, () => "[]").join()}]`, false],
    ["depth behind a wide beginning", `[${"1,".repeat(2_000)}${nested(501)}]`, true],
  ])("knows %s", (_, text, deep) => expect(isTooDeep(text)).toBe(deep));
});

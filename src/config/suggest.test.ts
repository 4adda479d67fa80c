import { describe, expect, it } from "vitest";
import { hint, nearest } from "./suggest.ts";

const known = ["prefetch", "exchange", "queue", "routing_key", "url"];

describe("nearest", () => {
  it.each([
    ["prefech", "prefetch"],
    ["perfetch", "prefetch"],
    ["Queue", "queue"],
    ["exchagne", "exchange"],
    ["routingkey", "routing_key"],
    ["ulr", "url"],
  ])("%s probably meant %s", (word, meant) => expect(nearest(word, known)).toBe(meant));

  it.each(["password", "x", "", "durable"])("%s meant none of them", (word) => {
    expect(nearest(word, known)).toBeUndefined();
  });
});

describe("hint", () => {
  it("names the nearest, or a short list, or nothing", () => {
    expect(hint("prefech", known)).toBe(' — did you mean "prefetch"?');
    expect(hint("zzz", ["a", "b"])).toBe(" (known: a, b)");
    expect(
      hint(
        "zzz",
        Array.from({ length: 13 }, (_, index) => `key${index}`),
      ),
    ).toBe("");
    expect(hint("zzz", [])).toBe("");
  });
});

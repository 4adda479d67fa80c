import { describe, expect, it } from "vitest";
import { vectors } from "../../../../test/tools/vectors.ts";
import { peerGate, soundGate } from "./gate.ts";
import { parsePattern } from "./parse.ts";

interface GateVector {
  readonly source: string;
  readonly valid: boolean;
  readonly gate: string;
}

describe("gates", () => {
  const { vectors: recorded } = vectors<{ vectors: GateVector[] }>("flecto-regex-gates.json");

  it.each(recorded.map((vector) => [vector.source, vector] as const))(
    "%j is as the peer's",
    (source, vector) => {
      if (vector.valid) {
        parsePattern(source);
        expect(peerGate(source)).toBe(vector.gate);
      } else expect(() => parsePattern(source)).toThrow(/^error parsing regexp: /);
    },
  );

  it.each([
    ["^/shop/(item-[0-9]+)\\.html$", "/shop/item-"],
    ["^/(en|es)/old$", "/e"],
    ["^/(product|products)/(.*)$", "/product"],
    ["^(?i)/foo", ""],
    ["^/[Ff]oo$", "/"],
    ["^/user/(profile)/(.*)$", "/user/profile/"],
    ["^/a(?:)b", "/ab"],
    ["^^/x", ""],
    ["^/ab|/ac", ""],
    ["^(?:/ab|/ac)$", "/a"],
    ["/old", ""],
    ["old", ""],
    ["\\A/old", "/old"],
    ["(?m)^/old", ""],
    ["^", ""],
  ])("%j has the sound gate %j", (source, gate) => {
    expect(soundGate(source)).toBe(gate);
  });
});

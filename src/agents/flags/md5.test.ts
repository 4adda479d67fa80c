import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { md5Head } from "./md5.ts";

it("the beginning of an MD5 is that of Node's own, for any text", () => {
  const theirs = (text: string) => createHash("md5").update(text, "utf8").digest().readInt32LE(0);
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (text) => {
      expect(md5Head(text)).toBe(theirs(text));
    }),
    { numRuns: 2_000 },
  );
  // Around the ends of blocks.
  for (let length = 0; length < 200; length++)
    expect(md5Head("x".repeat(length))).toBe(theirs("x".repeat(length)));
});

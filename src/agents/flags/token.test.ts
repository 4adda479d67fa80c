import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decodeGuid, encodeGuid, environmentOf } from "./secret-text.ts";
import { makeToken, readToken } from "./token.ts";

const file = join(import.meta.dirname, "../../../test/fixtures/featbit/featbit-streaming-tokens.json");
const recorded = JSON.parse(readFileSync(file, "utf8")) as {
  valid: { token: string; secret: string; timestamp: number; envId: string }[];
  invalid: { token: string; now?: number; why: string }[];
  guids: { guid: string; encoded: string; note?: string }[];
};

describe("connection tokens", () => {
  it.each(recorded.valid)("$token holds $secret", ({ token, secret, timestamp, envId }) => {
    expect(readToken(token)).toEqual({ secret, madeAt: timestamp });
    expect(environmentOf(secret)).toBe(envId);
  });

  // The others are well formed; who takes them knows the time and the secrets.
  it.each(recorded.invalid.filter(({ now }) => now === undefined))("is none: $why", ({ token }) => {
    const read = readToken(token);
    expect(read && environmentOf(read.secret)).toBeUndefined();
  });

  it("that we make can be read", () => {
    const { secret } = recorded.valid[0]!;
    for (let i = 0; i < 1_000; i++) {
      const now = 1_772_874_000_000 + i;
      expect(readToken(makeToken(secret, now, () => i / 1_000))).toEqual({ secret, madeAt: now });
    }
  });
});

describe("environments in secrets", () => {
  it.each(recorded.guids)("$guid", ({ guid, encoded, note }) => {
    expect(encodeGuid(guid)).toBe(encoded);
    expect(decodeGuid(encoded)).toBe(guid);
    if (note) expect(environmentOf("x".repeat(22) + encoded)).toBeUndefined();
  });
});

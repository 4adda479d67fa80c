import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LinkProblem } from "../../core/problems.ts";
import { Deduper, deduper } from "./dedupe.ts";
import { type Event, plainEvent } from "./event.ts";
import { SeenInMemory } from "./seen.ts";

const event = (messageId?: string, body = "{}"): Event => ({
  ...plainEvent(Buffer.from(body)),
  properties: messageId === undefined ? {} : { messageId },
});

describe("Deduper", () => {
  const make = (key = "{id}") =>
    deduper({ key, ttl: 1_000, most: 10 }, { timeout: 1_000, owns() {} }, "agent");

  it("lets an event through once, and again when it failed", async () => {
    const events = make();
    expect(await events.claim(event("a"))).toBe(true);
    // A copy while it is on its way: should that fail, the copy is all there is.
    await expect(events.claim(event("a"))).rejects.toThrow(LinkProblem);
    await events.forget(event("a"));
    expect(await events.claim(event("a"))).toBe(true);
    await events.confirm(event("a"));
    expect([await events.claim(event("a")), await events.claim(event("b"))]).toEqual([false, true]);
  });

  it("takes any placeholders for a key", async () => {
    const events = make("{body.customer}/{body.order}");
    expect(await events.claim(event("a", '{"customer":1,"order":2}'))).toBe(true);
    await events.confirm(event("a", '{"customer":1,"order":2}'));
    expect(await events.claim(event("b", '{"order":2,"customer":1}'))).toBe(false);
  });

  it("finds events without a key all different", async () => {
    const events = make("{property.message_id}");
    for (let i = 0; i < 3; i++) {
      expect(await events.claim(event())).toBe(true);
      await events.confirm(event());
    }
  });

  it("hands on what the store throws", async () => {
    const no = () => Promise.reject(new Error("no"));
    await expect(
      new Deduper("{id}", { claim: no, confirm: no, forget: no }).claim(event("a")),
    ).rejects.toThrow("no");
  });
});

describe("SeenInMemory", () => {
  it("remembers for its time, counted from the delivery", async () => {
    let now = 0;
    const seen = new SeenInMemory({ ttl: 100, most: 10, now: () => now });
    await seen.claim("a");
    now = 50;
    await seen.confirm("a");
    now = 149;
    expect(await seen.claim("a")).toBe(false);
    now = 150;
    expect(await seen.claim("a")).toBe(true);
  });

  it("remembers so many, the last ones", async () => {
    const seen = new SeenInMemory({ ttl: 1_000, most: 2 });
    for (const key of ["a", "b", "c", "b"]) await seen.confirm(key);
    const claims = ["b", "c", "a"].map((key) => seen.claim(key));
    expect(await Promise.all(claims)).toEqual([false, false, true]);
  });

  it("never delivers twice, and never loses, what fits into it", async () => {
    const step = fc.record({ key: fc.constantFrom("a", "b", "c"), fails: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step), async (steps) => {
        const seen = new SeenInMemory({ ttl: 1_000_000, most: 3 });
        const delivered = new Set<string>();
        for (const { key, fails } of steps) {
          expect(await seen.claim(key)).toBe(!delivered.has(key));
          if (delivered.has(key)) continue;
          await (fails ? seen.forget(key) : seen.confirm(key));
          if (!fails) delivered.add(key);
        }
      }),
    );
  });
});

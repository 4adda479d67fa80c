import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Outcome } from "../../core/delivery.ts";
import { Acks } from "./acks.ts";

/** A broker's book of what is out: it breaks off where a real one would close the channel. */
function begin(count: number, onReject: "ack" | "discard" = "discard") {
  const said: string[] = [];
  const out = new Set(Array.from({ length: count }, (_, index) => index + 1));
  const fates = new Map<number, string>();
  const end = (tag: number, fate: string) => {
    if (!out.delete(tag)) throw new Error(`unknown delivery tag ${tag}`);
    fates.set(tag, fate);
  };
  const teller = {
    ack: (tag: number, multiple: boolean) => {
      said.push(`ack ${tag}${multiple ? " and before" : ""}`);
      if (!out.has(tag)) throw new Error(`unknown delivery tag ${tag}`);
      for (const each of [...out]) if (each === tag || (multiple && each < tag)) end(each, "done");
    },
    nack: (tag: number, requeue: boolean) => {
      said.push(`nack ${tag}${requeue ? " again" : ""}`);
      end(tag, requeue ? "retry" : "reject");
    },
  };
  const acks = new Acks(teller, onReject);
  const settle = [...out].map((tag) => acks.begin(tag));
  return { acks, settle, said, out, fates };
}

describe("acknowledgements", () => {
  it("of a turn are one, where there is no gap", async () => {
    const { settle, said } = begin(100);
    for (const each of settle.slice(0, 60)) each("done");
    expect(said).toEqual([]);
    await turn();
    for (const each of settle.slice(60).reverse()) each("done");
    await turn();
    expect(said).toEqual(["ack 60 and before", "ack 100 and before"]);
  });

  it("do not wait for a slow one, and do not take it with them", async () => {
    const { settle, said } = begin(4);
    for (const index of [2, 1]) settle[index]?.("done");
    await turn();
    expect(said).toEqual(["ack 3", "ack 2"]);
    settle[3]?.("done");
    settle[0]?.("done");
    await turn();
    expect(said.slice(2)).toEqual(["ack 4 and before"]);
  });

  it("of what is to be retried or was rejected go before", async () => {
    const { settle, said } = begin(4);
    for (const [index, outcome] of (["done", "retry", "done", "reject"] as const).entries())
      settle[index]?.(outcome);
    await turn();
    expect(said).toEqual(["nack 2 again", "nack 4", "ack 3 and before"]);
  });

  it("stand for rejections as well, where those are kept elsewhere", async () => {
    const { settle, said } = begin(2, "ack");
    settle[0]?.("reject");
    settle[1]?.("done");
    await turn();
    expect(said).toEqual(["ack 2 and before"]);
  });

  it("are given at once at the end, and never after it", async () => {
    const { acks, settle, said } = begin(3);
    settle[0]?.("done");
    acks.close();
    expect(said).toEqual(["ack 1 and before"]);
    settle[1]?.("done");
    acks.close();
    await turn();
    expect(said.length).toBe(1);
  });

  it("tell the broker the first word about each, exactly once, whatever comes when", async () => {
    const outcomes = fc.constantFrom<Outcome>("done", "retry", "reject");
    const steps = fc.array(fc.tuple(fc.nat({ max: 19 }), outcomes, fc.boolean()), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(steps, async (steps) => {
        const { acks, settle, out, fates } = begin(20);
        const expected = new Map<number, string>();
        for (const [index, outcome, flush] of steps) {
          settle[index]?.(outcome);
          if (!expected.has(index + 1)) expected.set(index + 1, outcome);
          if (flush) acks.flush();
        }
        acks.close();
        expect(new Map([...fates].toSorted())).toEqual(new Map([...expected].toSorted()));
        expect(out.size).toBe(20 - expected.size);
      }),
    );
  });
});

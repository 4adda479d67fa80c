import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { Misses } from "./misses.ts";

describe("misses", () => {
  it("are counted, the most frequent first, as text", () => {
    const misses = new Misses();
    for (const uri of ["/a", "/b", "/b", "/c?\xc3\xa9"]) misses.missed("h", uri);
    expect(misses.total).toBe(4);
    expect(misses.top(2)).toEqual([
      { url: "h/b", count: 2 },
      { url: "h/a", count: 1 },
    ]);
    expect(misses.top(9).at(-1)?.url).toBe("h/c?é");
  });

  it("stay few: the frequent ones are kept, the rare ones forgotten", () => {
    const misses = new Misses();
    for (let i = 0; i < 3; i++) misses.missed("h", "/often");
    for (let i = 0; i < 100_000; i++) misses.missed("h", `/rare/${i}`);
    expect(misses.total).toBe(100_003);
    expect(misses.top(10_000).length).toBeLessThanOrEqual(2_000);
    expect(misses.top(1)).toEqual([{ url: "h/often", count: 3 }]);
  });

  it("keep little of long requests", () => {
    const misses = new Misses();
    const before = usedHeap();
    // Each is a piece of a text of 60,000 bytes, as what a client sends at once is.
    for (let i = 0; i < 1_500; i++) misses.missed("", `GET /${i}/${"x".repeat(60_000)}`.slice(4));
    expect(misses.top(1)[0]?.url).toHaveLength(200);
    expect(usedHeap() - before).toBeLessThan(20e6);
  });
});

/** Bytes in use, after everything that can go has gone. */
function usedHeap(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed;
}

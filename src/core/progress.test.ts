import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Progress } from "./progress.ts";

describe("Progress", () => {
  it("moves over what is settled, and stops at what is not", () => {
    const progress = new Progress(0);
    const [one, two, three] = [10, 20, 30].map((next) => progress.begin(next));
    expect([two?.(), progress.position, progress.open]).toEqual([false, 0, 2]);
    expect([one?.(), progress.position, progress.open]).toEqual([true, 20, 1]);
    expect([one?.(), three?.(), progress.position, progress.open]).toEqual([false, true, 30, 0]);
  });

  it("stands, whatever the order, at the first that is not settled", () => {
    const orders = fc
      .integer({ min: 1, max: 20 })
      .chain((count) =>
        fc.tuple(fc.constant(count), fc.shuffledSubarray(Array.from({ length: count }, (_, index) => index))),
      );
    fc.assert(
      fc.property(orders, ([count, settled]) => {
        const progress = new Progress(0);
        const ends = Array.from({ length: count }, (_, index) => progress.begin(index + 1));
        for (const index of settled) ends[index]?.();
        const first = Array.from({ length: count + 1 }, (_, index) => index).find(
          (index) => !settled.includes(index),
        );
        expect([progress.position, progress.open]).toEqual([first, count - settled.length]);
      }),
    );
  });
});

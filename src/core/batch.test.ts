import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Batcher } from "./batch.ts";
import { settlesWithin } from "./life.ts";
import { Places } from "./places.ts";

const limits = { items: 3, bytes: 100, window: 1_000 };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("Batcher", () => {
  it("closes a batch at so many items", async () => {
    const batcher = new Batcher<number>(limits);
    for (const item of [1, 2, 3, 4]) void batcher.put(item, 1);
    expect(await batcher.take()).toEqual([1, 2, 3]);
  });

  it("closes a batch before it grows beyond its bytes, and lets a larger item go alone", async () => {
    const batcher = new Batcher<number>(limits);
    void batcher.put(60, 60);
    void batcher.put(50, 50);
    expect(await batcher.take()).toEqual([60]);
    void batcher.put(200, 200);
    expect(await batcher.take()).toEqual([50]);
    expect(await batcher.take()).toEqual([200]);
  });

  it("closes a batch by a timer that starts with its first item, though nothing more comes", async () => {
    const batcher = new Batcher<number>(limits);
    await vi.advanceTimersByTimeAsync(700);
    void batcher.put(1, 1);
    await vi.advanceTimersByTimeAsync(700);
    void batcher.put(2, 1);
    const taken = vi.fn();
    void batcher.take().then(taken);
    await vi.advanceTimersByTimeAsync(299);
    expect(taken).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(taken).toHaveBeenCalledExactlyOnceWith([1, 2]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("closes at once where the window is nothing", async () => {
    const batcher = new Batcher<number>({ ...limits, window: 0 });
    void batcher.put(1, 1);
    expect(await batcher.take()).toEqual([1]);
  });

  it("lets the giver wait while a closed batch stands there", async () => {
    vi.useRealTimers();
    const batcher = new Batcher<number>({ ...limits, items: 1 });
    const room = batcher.put(1, 1);
    expect(await settlesWithin(5, room!)).toBe(false);
    await batcher.take();
    await room;
    const taking = batcher.take();
    expect(batcher.put(2, 1)).toBeUndefined();
    expect(await taking).toEqual([2]);
  });

  it("lets the givers of several batchers wait only when the places of all are taken", async () => {
    vi.useRealTimers();
    const places = new Places(3);
    const [one, other] = [0, 1].map(() => new Batcher<number>({ ...limits, items: 1 }, () => {}, places));
    expect([one!.put(1, 1), one!.put(2, 1)]).toEqual([undefined, undefined]);
    const room = other!.put(3, 1)!;
    expect(await settlesWithin(5, room)).toBe(false);
    expect(await one!.take()).toEqual([1]);
    await room;
    expect(await other!.take()).toEqual([3]);
  });

  it("hands out at its end only as many batches as it is told to, the first ones", async () => {
    const batcher = new Batcher<number>({ ...limits, items: 2 });
    for (const item of [1, 2, 3, 4, 5]) void batcher.put(item, 1);
    batcher.end(1);
    expect([await batcher.take(), await batcher.take()]).toEqual([[1, 2], undefined]);
  });

  it("hands out what is left at its end, then nothing, and lets everybody go", async () => {
    const batcher = new Batcher<number>(limits);
    for (const item of [1, 2, 3]) void batcher.put(item, 1);
    const room = batcher.put(4, 1);
    batcher.end();
    await room;
    expect([await batcher.take(), await batcher.take(), await batcher.take()]).toEqual([
      [1, 2, 3],
      [4],
      undefined,
    ]);
    const waiting = new Batcher<number>(limits);
    const takers = [waiting.take(), waiting.take()];
    waiting.end();
    expect(await Promise.all(takers)).toEqual([undefined, undefined]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("lets nobody wait for room after its end, and hands out at once what still comes", async () => {
    for (const items of [1, 3]) {
      const batcher = new Batcher<number>({ ...limits, items });
      batcher.end();
      expect([batcher.put(1, 1), batcher.put(2, 1), vi.getTimerCount()]).toEqual([undefined, undefined, 0]);
      expect([await batcher.take(), await batcher.take(), await batcher.take()]).toEqual([
        [1],
        [2],
        undefined,
      ]);
    }
  });

  it("waits at its end for a batch that was lent, and hands it out first", async () => {
    const batcher = new Batcher<number>({ ...limits, items: 1 });
    void batcher.put(1, 1);
    const lent = await batcher.take();
    const giveBack = batcher.lend();
    batcher.end();
    const taking = batcher.take();
    giveBack(lent);
    expect([await taking, await batcher.take()]).toEqual([[1], undefined]);
  });

  it("lets takers go when what was lent does not come back", async () => {
    const batcher = new Batcher<number>(limits);
    const keep = batcher.lend();
    batcher.end();
    const taking = batcher.take();
    keep(undefined);
    expect(await taking).toBeUndefined();
  });

  it("keeps every item, in order, within the limits, whatever comes", async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(sizes, async (all) => {
        const batcher = new Batcher<[number, number]>(limits);
        for (const [index, size] of all.entries()) void batcher.put([index, size], size);
        batcher.end();
        const taken: [number, number][] = [];
        for (let batch = await batcher.take(); batch; batch = await batcher.take()) {
          const bytes = batch.reduce((sum, [, size]) => sum + size, 0);
          expect(batch.length <= limits.items && (bytes <= limits.bytes || batch.length === 1)).toBe(true);
          taken.push(...batch);
        }
        expect(taken.map(([index]) => index)).toEqual(all.map((_, index) => index));
      }),
    );
  });
});

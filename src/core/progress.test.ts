import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Survivors } from "../../test/tools/survivors.ts";
import { Progress } from "./progress.ts";

describe("Progress", () => {
  it("moves over what is settled, and stops at what is not", () => {
    const progress = new Progress(0);
    const [one, two, three] = [10, 20, 30].map((next) => progress.begin(next));
    expect([two?.(), progress.position, progress.open]).toEqual([false, 0, 2]);
    expect([one?.(), progress.position, progress.open]).toEqual([true, 20, 1]);
    expect([one?.(), three?.(), progress.position, progress.open]).toEqual([false, true, 30, 0]);
  });

  it("is, whatever the order, what a list of all items says", () => {
    // true: the next one begins. A number: of those that have begun, settled or not, that one is settled.
    const steps = fc.array(fc.oneof(fc.constant(true as const), fc.nat({ max: 40 })), { maxLength: 200 });
    fc.assert(
      fc.property(steps, (all) => {
        const progress = new Progress(0);
        const items: { readonly end: () => boolean; settled: boolean }[] = [];
        const reached = () => (items.findIndex(({ settled }) => !settled) + 1 || items.length + 1) - 1;
        for (const step of all) {
          if (step === true) items.push({ end: progress.begin(items.length + 1), settled: false });
          else if (items.length > 0) {
            const item = items[step % items.length]!;
            const before = reached();
            item.settled = true;
            expect(item.end()).toBe(reached() !== before);
          }
          const open = items.filter(({ settled }) => !settled).length;
          expect([progress.position, progress.open]).toEqual([reached(), open]);
        }
      }),
    );
  });

  it("keeps nothing of a million that are settled beyond one that is not", async () => {
    const progress = new Progress({ at: 0 });
    const held = new Survivors();
    const slow = progress.begin({ at: 1 });
    for (let at = 2; at <= 1_000_001; at++) {
      const next = { at };
      // One of ten is counted, for a WeakRef costs more than what it looks at.
      progress.begin(at % 10 === 0 ? held.watch(next) : next)();
    }
    expect(await held.count()).toBeLessThan(3);
    expect([progress.position, progress.open, slow(), progress.position]).toEqual([
      { at: 0 },
      1,
      true,
      { at: 1_000_001 },
    ]);
  });

  it("does not keep the neighbours of a settled item for who still holds its function", async () => {
    const progress = new Progress({ at: 0 });
    const held = new Survivors();
    const ends = [1, 2, 3, 4].map((at) => progress.begin(held.watch({ at })));
    const kept = ends[1]!;
    for (const end of ends.splice(0)) end();
    expect(await held.count()).toBeLessThan(3);
    expect(kept()).toBe(false);
  });
});

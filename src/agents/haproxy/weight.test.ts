import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WeightEngine, type WeightOptions } from "./weight.ts";

const defaults: WeightOptions = {
  smooth: 10_000,
  combine: "max",
  min: 10,
  max: 100,
  step: 5,
  rise: 10,
  staleAfter: 3_000,
  whenStale: "keep",
};

/** An engine with a clock of its own: each sample comes a second after the last. */
function started(given: Partial<WeightOptions> = {}) {
  const engine = new WeightEngine({ ...defaults, ...given });
  let now = 0;
  const load = (loads: number | Readonly<Record<string, number>>) => {
    now += 1_000;
    const each = typeof loads === "number" ? { cpu: loads } : loads;
    for (const [name, value] of Object.entries(each)) engine.sample(name, value, now);
    engine.publish(now);
    return engine.published;
  };
  const silence = (ms: number) => {
    now += ms;
    engine.publish(now);
    return engine.published;
  };
  return { engine, load, silence };
}

/** Without smoothing, a load is there at once. */
const sudden = { smooth: 1e-9 };

describe("a weight from loads", () => {
  test.each([
    [0, 100],
    [0.5, 55],
    [1, 10],
    [7, 10],
    [-1, 100],
  ])("at load %d is %d at once, when it is the first", (load, weight) => {
    expect(started().load(load)).toBe(weight);
  });

  test("nothing is published before the first sample", () => {
    expect(started().silence(1_000)).toBeUndefined();
  });

  test("a sudden load has arrived to 63 % after the time constant", () => {
    const { engine, load } = started({ step: 1 });
    load(0);
    for (let second = 0; second < 10; second++) load(1);
    expect(engine.published).toBe(Math.round(100 - 90 * (1 - Math.exp(-1))));
  });

  test("a sample that came late counts for the time that has passed", () => {
    const { engine, load, silence } = started({ step: 1, staleAfter: 60_000 });
    load(0);
    silence(9_000);
    expect(load(1)).toBe(Math.round(100 - 90 * (1 - Math.exp(-1))));
    expect(engine.published).toBeLessThan(50);
  });

  test("falls at once and rises slowly", () => {
    const { load } = started(sudden);
    load(0);
    expect(load(1)).toBe(10);
    expect([load(0), load(0), load(0)]).toEqual([20, 30, 40]);
  });

  test("does not tremble: a change below the step is not published, unless it reaches a bound", () => {
    const { load } = started({ ...sudden, max: 110 });
    expect(load(0.5)).toBe(60);
    expect(load(0.54)).toBe(60);
    expect(load(0.45)).toBe(65);
    expect(load(0.9)).toBe(20);
    expect(load(0.97)).toBe(13);
    expect(load(0.99)).toBe(13);
    expect(load(1)).toBe(10);
  });

  test("the worst of several inputs counts, or their mean", () => {
    expect(started().load({ cpu: 0.2, memory: 0.8 })).toBe(28);
    expect(started({ combine: "mean" }).load({ cpu: 0.2, memory: 0.8 })).toBe(55);
  });

  test("what is no number is no sample", () => {
    const { load } = started(sudden);
    load(0.5);
    expect(load(Number.NaN)).toBe(55);
    expect(load(Number.POSITIVE_INFINITY)).toBe(55);
  });

  test("whatever is measured, it stays within its bounds and is never 0", () => {
    const loads = fc.array(fc.oneof(fc.double(), fc.constant(Number.NaN)), { maxLength: 50 });
    fc.assert(
      fc.property(loads, fc.constantFrom("max" as const, "mean" as const), (each, combine) => {
        const { load } = started({ combine });
        for (const value of each) {
          const weight = load({ cpu: value, memory: 1 - value }) ?? 10;
          expect(Number.isInteger(weight) && weight >= 10 && weight <= 100).toBe(true);
        }
      }),
    );
  });
});

describe("stale inputs", () => {
  test("a silent input no longer counts", () => {
    const { load } = started(sudden);
    load({ cpu: 0.2, memory: 0.8 });
    load({ cpu: 0.2 });
    load({ cpu: 0.2 });
    expect(load({ cpu: 0.2 })).toBe(28);
    expect(load({ cpu: 0.2 })).toBe(38);
  });

  test.each([
    ["keep", 28],
    ["omit", undefined],
    [50, 50],
  ] as const)("with all silent, `%s` makes %s", (whenStale, weight) => {
    const { load, silence } = started({ ...sudden, whenStale });
    load(0.8);
    expect(silence(3_000)).toBe(28);
    expect(silence(1)).toBe(weight);
  });
});

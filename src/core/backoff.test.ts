import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backoff, backoffNames, waitAfter } from "./backoff.ts";
import { DeniedProblem, LinkProblem } from "./problems.ts";

const waits = (name: (typeof backoffNames)[number]) =>
  [0, 1, 2, 9].map(backoff(name, { base: 100, max: 1_000, random: () => 0.5 }));

describe("backoff", () => {
  it("grows as its name says", () => {
    expect(waits("constant")).toEqual([100, 100, 100, 100]);
    expect(waits("linear")).toEqual([100, 200, 300, 1_000]);
    expect(waits("exponential")).toEqual([100, 200, 400, 1_000]);
    expect(waits("exponential-jitter")).toEqual([50, 100, 200, 500]);
  });

  it("is no less than the share that it is given, where it is left to chance", () => {
    const wait = (random: number) =>
      backoff("exponential-jitter", { base: 100, least: 0.5, random: () => random })(3);
    expect([wait(0), wait(0.5), wait(1)]).toEqual([400, 600, 800]);
  });

  it("is never nothing and never more than the most", () => {
    const options = fc.record({
      name: fc.constantFrom(...backoffNames),
      failures: fc.nat({ max: 2 ** 30 }),
      random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      base: fc.integer({ min: 1, max: 120_000 }),
    });
    fc.assert(
      fc.property(options, ({ name, failures, random, base }) => {
        const wait = backoff(name, { base, random: () => random })(failures);
        expect(wait).toBeGreaterThan(0);
        expect(wait).toBeLessThanOrEqual(60_000);
      }),
    );
  });
});

describe("waitAfter", () => {
  const patience = { backoff: backoff("exponential", { base: 10 }) };

  it("follows the backoff when a link broke", () => {
    expect(waitAfter(new LinkProblem("connect_failed", ""), 3, patience)).toBe(80);
  });

  it("waits long when a person has to act first", () => {
    const denied = new DeniedProblem("credentials_refused", "");
    expect(waitAfter(denied, 0, patience)).toBe(60_000);
    expect(waitAfter(denied, 0, { ...patience, denied: 5 })).toBe(5);
    expect(waitAfter(denied, 3, { ...patience, denied: (failures) => 7 * failures })).toBe(21);
  });

  const asked = (retryAfter: number) => new LinkProblem("server_failed", "", { retryAfter });

  it("waits no less than the other side asked, and no less than the backoff", () => {
    expect(waitAfter(asked(7_000), 0, patience)).toBe(7_000);
    expect(waitAfter(asked(0), 0, patience)).toBe(10);
    // Who says "in one second" to all ten tries does not know how long the trouble will last.
    expect([0, 1, 2, 9].map((failures) => waitAfter(asked(30), failures, patience))).toEqual([
      30, 30, 40, 5_120,
    ]);
  });

  it("does not believe who asks for a day, but keeps to a longer backoff", () => {
    const day = 86_400_000;
    expect(waitAfter(asked(day), 0, patience)).toBe(300_000);
    expect(waitAfter(asked(day), 0, { ...patience, asked: 60_000 })).toBe(60_000);
    expect(waitAfter(asked(day), 0, { backoff: () => 400_000 })).toBe(400_000);
  });

  it("waits as long as is asked where a person has to act first, however often that was in vain", () => {
    const denied = (retryAfter: number) => new DeniedProblem("credentials_refused", "", { retryAfter });
    expect(waitAfter(denied(400_000), 0, patience)).toBe(400_000);
    expect([0, 9].map((failures) => waitAfter(denied(0), failures, patience))).toEqual([10, 10]);
  });
});

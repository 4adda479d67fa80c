import { beforeEach, describe, expect, test, vi } from "vitest";
import { Pollers } from "./pollers.ts";

const pass = (ms: number) => vi.advanceTimersByTime(ms);

describe("pollers", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    return () => vi.useRealTimers();
  });

  test("are told apart by address and service", () => {
    const pollers = new Pollers();
    pollers.polled("10.0.0.1", "*", 1);
    pollers.polled("10.0.0.1", "web", 1);
    pollers.polled("10.0.0.2", "*", 1);
    pollers.polled("10.0.0.2", "*", 2);
    const told = pollers.present().map(({ address, service, polls, generation }) => ({
      address,
      service,
      polls,
      generation,
    }));
    expect(told).toEqual([
      { address: "10.0.0.1", service: "*", polls: 1, generation: 1 },
      { address: "10.0.0.1", service: "web", polls: 1, generation: 1 },
      { address: "10.0.0.2", service: "*", polls: 2, generation: 2 },
    ]);
  });

  test("one that polls every 10 s is known as long as it comes, whoever looks in between", () => {
    const pollers = new Pollers();
    for (let polls = 1; polls < 5; polls++) {
      pollers.polled("10.0.0.1", "*", 1);
      expect(pollers.present()).toMatchObject([{ polls }]);
      pass(9_000);
      expect(pollers.present()).toHaveLength(1);
      pass(1_000);
    }
    expect(pollers.longestGap("*")).toBe(10_000);
  });

  test("one that stays away for three of its pauses is gone", () => {
    const pollers = new Pollers();
    pollers.polled("10.0.0.1", "*", 1);
    pass(5_000);
    pollers.polled("10.0.0.1", "*", 1);
    pass(15_000);
    expect(pollers.present()).toHaveLength(1);
    pass(1);
    expect(pollers.present()).toHaveLength(0);
  });

  test("an absence is no pause between polls", () => {
    const pollers = new Pollers();
    pollers.polled("10.0.0.1", "*", 1);
    pass(2_000);
    pollers.polled("10.0.0.1", "*", 1);
    pass(3_600_000);
    pollers.polled("10.0.0.1", "*", 1);
    pass(2_000);
    pollers.polled("10.0.0.1", "*", 1);
    expect(pollers.longestGap("*")).toBe(2_000);
    expect(pollers.present()).toMatchObject([{ polls: 2 }]);
  });

  test("a crowd of strangers does not hide those who come later", () => {
    const pollers = new Pollers();
    for (let stranger = 0; stranger < 10_000; stranger++) pollers.polled(`stranger ${stranger}`, "*", 1);
    pollers.polled("10.0.0.1", "*", 1);
    expect(pollers.present().map(({ address }) => address)).not.toContain("10.0.0.1");
    pass(91_000);
    pollers.polled("10.0.0.1", "*", 1);
    expect(pollers.present().map(({ address }) => address)).toEqual(["10.0.0.1"]);
  });
});

import { afterEach, describe, expect, it, vi } from "vitest";
import { paced } from "./pace.ts";

afterEach(() => void vi.useRealTimers());

describe("how far a long task is", () => {
  it("is told now and then, and not at all of a short one", () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const tell = vi.fn();
    const told = paced(tell, 2_000);
    told(1, 10);
    vi.advanceTimersByTime(1_999);
    told(2, 10);
    expect(tell).not.toHaveBeenCalled();
    for (const done of [3, 4, 5]) {
      vi.advanceTimersByTime(1_500);
      told(done, 10);
    }
    expect(tell.mock.calls).toEqual([
      [3, 10],
      [5, 10],
    ]);
  });
});

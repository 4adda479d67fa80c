import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Health, Part } from "./health.ts";
import { LinkProblem } from "./problems.ts";

const gone = new LinkProblem("connect_failed", "gone");
const slow = new LinkProblem("timed_out", "slow");

beforeEach(() => void vi.useFakeTimers({ now: 1_000 }));
afterEach(() => void vi.useRealTimers());

describe("Part", () => {
  it("stays down, with its reason, until it is really up again", () => {
    const part = new Part("origin", () => {});
    part.down(gone, 5_000);
    part.connecting();
    expect(part.report()).toEqual({
      name: "origin",
      state: "down",
      since: 1_000,
      problem: gone.toJSON(),
      retryAt: 5_000,
    });
    vi.setSystemTime(2_000);
    part.up();
    expect(part.report()).toEqual({ name: "origin", state: "up", since: 2_000, seen: 2_000 });
    part.connecting();
    expect(part.state).toBe("connecting");
  });

  it("tells of changes and new reasons, and of nothing else", () => {
    const changed = vi.fn();
    const part = new Part("origin", changed);
    part.up();
    part.up();
    part.down(gone, 1);
    part.down(gone, 2);
    part.down(slow);
    expect(changed.mock.calls).toEqual([[undefined], [gone], [slow]]);
    expect(part.retryAt).toBeUndefined();
  });
});

describe("Health", () => {
  it("is ready once it runs and nothing it awaits is missing", () => {
    const health = new Health();
    health.begin();
    health.awaits("origin");
    health.awaits("door");
    health.running();
    health.arrived("origin");
    expect(health.standing).toBe("starting");
    health.arrived("door");
    expect(health.standing).toBe("ready");
  });

  it("is degraded while ready and a part is down", () => {
    const health = new Health();
    health.begin();
    const part = health.part("origin");
    part.down(gone);
    expect(health.standing).toBe("starting");
    health.running();
    expect(health.standing).toBe("degraded");
    part.up();
    expect(health.standing).toBe("ready");
    health.enter("stopping");
    part.down(gone);
    expect(health.standing).toBe("stopping");
  });

  it("gives the same part for the same name", () => {
    const health = new Health();
    expect(health.part("origin")).toBe(health.part("origin"));
  });

  it("lags as far as its slowest source, and not at all if nobody knows", () => {
    const health = new Health();
    expect(health.lag()).toBeUndefined();
    health.measures(() => undefined);
    expect(health.lag()).toBeUndefined();
    for (const lag of [3, 7, 5]) health.measures(() => lag);
    expect([health.lag(), health.report().lag]).toEqual([7, 7]);
  });

  it("forgets what an earlier run left, but not how often what happened", () => {
    const health = new Health();
    health.awaits("never");
    health.measures(() => 9);
    health.part("origin").down(gone);
    health.problem = { code: "defect", message: "old" };
    health.begin();
    health.running();
    expect(health.report()).toEqual({ standing: "ready", since: 1_000, restarts: 0, parts: [] });
    health.part("origin").down(gone);
    expect([...health.counts.values()]).toEqual([{ part: "origin", code: "connect_failed", count: 2 }]);
  });

  it("tells its watchers of every change until they leave", () => {
    const health = new Health();
    const changed = vi.fn();
    const leave = health.watch(changed);
    health.begin();
    health.begin();
    health.part("origin").down(gone);
    leave();
    health.running();
    expect(changed).toHaveBeenCalledTimes(2);
  });
});

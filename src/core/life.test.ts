import { getEventListeners } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { Lifetime, later, onAbort, rung, settlesWithin, sleep, together, unless, Within } from "./life.ts";

const listeners = (signal: AbortSignal) => getEventListeners(signal, "abort").length;

describe("Lifetime", () => {
  it("rings stop alone, with its reason", () => {
    const life = new Lifetime();
    life.ringStop("removed");
    expect([life.stop.aborted, life.stop.reason, life.kill.aborted]).toEqual([true, "removed", false]);
  });

  it("rings stop when kill rings", () => {
    const life = new Lifetime();
    life.ringKill("shutdown");
    expect([life.stop.aborted, life.kill.reason]).toEqual([true, "shutdown"]);
  });
});

it("lets many listen to a bell without a warning", async () => {
  const emitWarning = vi.spyOn(process, "emitWarning");
  const life = new Lifetime();
  const within = new Within(life.kill);
  for (const signal of [life.stop, life.kill, within.signal])
    for (let count = 0; count < 50; count++) onAbort(signal, () => {});
  expect(emitWarning).not.toHaveBeenCalled();
  within.end();
});

describe("onAbort", () => {
  it("hears once, and not after it was forgotten", () => {
    const controller = new AbortController();
    const heard = vi.fn();
    const unheard = vi.fn();
    onAbort(controller.signal, heard);
    const forget = onAbort(controller.signal, unheard);
    forget();
    forget();
    controller.abort();
    expect(heard).toHaveBeenCalledOnce();
    expect(unheard).not.toHaveBeenCalled();
  });

  it("hears at once what has rung already", () => {
    const heard = vi.fn();
    onAbort(AbortSignal.abort(), heard)();
    expect(heard).toHaveBeenCalledOnce();
  });
});

describe("with a signal that has rung already", () => {
  it.each([
    ["sleep", () => sleep(60_000, AbortSignal.abort())],
    ["rung", () => rung(AbortSignal.abort())],
    ["unless", () => unless(AbortSignal.abort(), new Promise(() => {}))],
  ])("%s ends at once", async (_, wait) => {
    expect(await settlesWithin(100, wait())).toBe(true);
  });

  it("Within has rung too, with the parent's reason and without a timer", () => {
    vi.useFakeTimers();
    const within = new Within(AbortSignal.abort("why"), 1_000);
    expect([within.signal.aborted, within.signal.reason]).toEqual([true, "why"]);
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });
});

describe("sleep", () => {
  it("leaves neither timer nor listener, whichever way it ends", async () => {
    vi.useFakeTimers();
    const controller = new AbortController();
    const slept = sleep(10, controller.signal);
    await vi.advanceTimersByTimeAsync(10);
    await slept;
    expect(listeners(controller.signal)).toBe(0);
    const woken = sleep(10, controller.signal);
    controller.abort();
    await woken;
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });
});

describe("later", () => {
  it("does not fire at once for a delay that a timer cannot hold", async () => {
    const timer = later(2 ** 40, () => {});
    expect((timer as unknown as { _idleTimeout: number })._idleTimeout).toBe(2 ** 31 - 1);
    clearTimeout(timer);
  });
});

describe("unless", () => {
  it("gives the value, and lets go of the signal", async () => {
    const { signal } = new AbortController();
    expect(await unless(signal, Promise.resolve(7))).toBe(7);
    expect(listeners(signal)).toBe(0);
  });

  it("throws what the promise throws, but not after the signal rang", async () => {
    await expect(unless(new AbortController().signal, Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await unless(AbortSignal.abort(), Promise.reject(new Error("unheard")))).toBeUndefined();
  });
});

describe("settlesWithin", () => {
  it("tells in time, for good or bad", async () => {
    expect(await settlesWithin(1_000, Promise.resolve())).toBe(true);
    expect(await settlesWithin(1_000, Promise.reject(new Error("no")))).toBe(true);
    expect(await settlesWithin(5, new Promise(() => {}))).toBe(false);
  });
});

describe("Within", () => {
  it("rings after its time, and says how long that was", async () => {
    vi.useFakeTimers();
    const within = new Within(new AbortController().signal, 50);
    await vi.advanceTimersByTimeAsync(50);
    expect(String(within.signal.reason)).toContain("50 ms");
    vi.useRealTimers();
  });

  it("lets go of parent and timer when it ends, when it is released and when the parent rings", () => {
    vi.useFakeTimers();
    const parent = new AbortController();
    new Within(parent.signal, 50).end();
    new Within(parent.signal, 50).release();
    expect([vi.getTimerCount(), listeners(parent.signal)]).toEqual([0, 0]);
    const rings = new Within(parent.signal, 50);
    parent.abort();
    expect([rings.signal.aborted, vi.getTimerCount()]).toEqual([true, 0]);
    vi.useRealTimers();
  });
});

describe("together", () => {
  it("passes both bells on, and leaves no listener", async () => {
    const life = new Lifetime();
    const ended = together(
      life,
      (inner) => rung(inner.stop),
      async (inner) => {
        await rung(inner.stop);
        expect(inner.stop.reason).toBe("removed");
      },
    );
    life.ringStop("removed");
    await ended;
    expect(listeners(life.kill)).toBe(0);
  });

  it("kills the others when one fails, and throws the first failure", async () => {
    const life = new Lifetime();
    const ended = together(
      life,
      (inner) => rung(inner.kill),
      () => Promise.reject(new Error("first")),
      async (inner) => {
        await rung(inner.kill);
        throw new Error("second");
      },
    );
    await expect(ended).rejects.toThrow("first");
    expect([life.stop.aborted, listeners(life.stop), listeners(life.kill)]).toEqual([false, 0, 0]);
  });

  it("takes a task that throws before its first await as one that failed", async () => {
    const fall = (): Promise<void> => {
      throw new Error("at once");
    };
    await expect(together(new Lifetime(), (inner) => rung(inner.kill), fall)).rejects.toThrow("at once");
  });
});

import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { crowdOf } from "./crowd.ts";
import { onAbort, rung } from "./life.ts";
import { Terms } from "./terms.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** Work that ends when its signal rings, with the reason. */
const untilRung = async (signal: AbortSignal) => {
  await rung(signal);
  return signal.reason as unknown;
};

describe("Terms", () => {
  it("rings each in its own time, with an Error", async () => {
    const terms = new Terms(new AbortController().signal, 100);
    const ended: string[] = [];
    void terms.run(untilRung).then(() => ended.push("first"));
    await pass(60);
    void terms.run(untilRung).then((reason) => ended.push(`second: ${reason}`));
    await pass(45);
    expect(ended).toEqual(["first"]);
    await pass(60);
    expect(ended).toEqual(["first", "second: Error: 100 ms are over"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("rings all when the parent rings, with its reason, and begins nothing more", async () => {
    const parent = new AbortController();
    const terms = new Terms(parent.signal, 100);
    const running = [terms.run(untilRung), terms.run(untilRung)];
    parent.abort("stopped");
    expect(await Promise.all(running)).toEqual(["stopped", "stopped"]);
    await expect(terms.run(untilRung)).rejects.toBe("stopped");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("uses a signal again whose work ended in time, and none that rang", async () => {
    const terms = new Terms(new AbortController().signal, 100);
    const seen: AbortSignal[] = [];
    const quick = async (signal: AbortSignal) => void seen.push(signal);
    await terms.run(quick);
    await terms.run(quick);
    const late = terms.run(async (signal) => {
      seen.push(signal);
      await rung(signal);
    });
    await pass(101);
    await late;
    await terms.run(quick);
    expect([seen[1] === seen[0], seen[2] === seen[0], seen[3] === seen[0]]).toEqual([true, true, false]);
    expect(seen[3]!.aborted).toBe(false);
  });

  it("has one ear at the parent while something runs, and none when nothing does", async () => {
    const { signal } = new AbortController();
    const terms = new Terms(signal, 100);
    for (let round = 0; round < 3; round++) {
      const running = Array.from({ length: 20 }, () => terms.run(untilRung));
      expect(crowdOf(signal).size).toBe(1);
      await pass(101);
      const next = terms.run(untilRung);
      await Promise.all(running);
      await pass(101);
      await next;
      expect([crowdOf(signal).size, getEventListeners(signal, "abort").length]).toEqual([0, 0]);
    }
  });
});

describe("a crowd", () => {
  it("is heard through one listener, in the order in which it came", () => {
    const controller = new AbortController();
    const heard: number[] = [];
    const forget = [1, 2, 3].map((each) => onAbort(controller.signal, () => heard.push(each)));
    forget[1]!();
    forget[1]!();
    expect(getEventListeners(controller.signal, "abort").length).toBe(1);
    controller.abort();
    expect(heard).toEqual([1, 3]);
  });
});

import { describe, expect, it, vi } from "vitest";
import { delivery } from "../../test/tools/hand-feed.ts";
import { link, outcomes, pass, pipeline } from "../../test/tools/hand-pipeline.ts";
import { ConfigProblem } from "./problems.ts";

describe("settling", () => {
  it("belongs to the item: a source that cannot be told has no effect on the others", async () => {
    const settled = vi.fn();
    const { source, sink } = pipeline({ batch: { items: 3, bytes: 99, window: 1 }, settled });
    const deaf = (settle: () => void | Promise<void>) => ({ ...delivery("deaf"), settle });
    const last = delivery("last");
    source.give(
      deaf(() => {
        throw link();
      }),
      deaf(() => Promise.reject(link())),
      last,
    );
    await pass(1_000);
    expect(sink.writes).toEqual([["deaf", "deaf", "last"]]);
    expect([last.outcomes, settled.mock.calls]).toEqual([["done"], [["done", "last", undefined, 1]]]);
  });

  it("waits for a source that takes its time", async () => {
    let told = () => {};
    const { source, life, ended } = pipeline();
    const ending = vi.fn();
    void ended.then(ending);
    source.give({ ...delivery("slow"), settle: () => new Promise<void>((resolve) => (told = resolve)) });
    await pass(0);
    life.ringStop("stopped");
    await pass(1_000);
    expect(ending).not.toHaveBeenCalled();
    told();
    await ended;
  });
});

describe("the end", () => {
  it("delivers on stop what it holds, also an open batch, and closes the link only then", async () => {
    const { give, source, sink, life, ended } = pipeline({ batch: { items: 10, bytes: 99, window: 60_000 } });
    let arrive = () => {};
    sink.answers.push(new Promise<void>((resolve) => (arrive = resolve)));
    const all = give("a", "b");
    await pass(0);
    life.ringStop("stopped");
    await pass(0);
    expect([sink.writes, source.links[0]?.signal.aborted]).toEqual([[["a", "b"]], false]);
    arrive();
    await ended;
    expect([outcomes(all), source.links[0]?.signal.aborted]).toEqual([[["done"], ["done"]], true]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("keeps on stop what is being set aside", async () => {
    const { give, rejected, life, ended } = pipeline();
    let kept = () => {};
    rejected.answers.push(new Promise((resolve) => (kept = resolve)));
    const [item] = give("bad");
    await pass(0);
    life.ringStop("stopped");
    await pass(100);
    kept();
    await ended;
    expect(item?.outcomes).toEqual(["reject"]);
  });

  it("leaves unsettled on kill what was not delivered, even with a sink that hears nothing", async () => {
    const { give, sink, life, ended, subject } = pipeline();
    sink.answers.push(new Promise(() => {}));
    const all = give("a", "b");
    await pass(0);
    life.ringKill("stopped");
    await ended;
    expect([outcomes(all), subject.inFlight]).toEqual([[[], []], 2]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each(["sink", "rejected"] as const)("ends at once on kill while %s is waited for", async (which) => {
    const all = pipeline({ retries: 99, backoff: () => 60_000 });
    all[which].answers.push(link());
    const [item] = all.give(which === "sink" ? "a" : "bad");
    await pass(10);
    all.life.ringKill("stopped");
    await all.ended;
    expect([item?.outcomes, vi.getTimerCount()]).toEqual([[], 0]);
  });

  it("falls over a defect in the sink, and lets the other workers go", async () => {
    const { give, sink, ended, source } = pipeline({ workers: 2 });
    sink.answers.push(new Promise(() => {}), new TypeError("a defect"));
    const all = give("a", "b");
    await expect(ended).rejects.toThrow("a defect");
    expect([outcomes(all), source.links[0]?.signal.aborted]).toEqual([[[], []], true]);
  });

  it("falls over a defect while the source waits for an item to be set aside", async () => {
    const { give, sink, rejected, ended } = pipeline({ backoff: () => 60_000 });
    let fall = (_: Error) => {};
    sink.answers.push(new Promise((_, reject) => (fall = reject)));
    rejected.answers.push(link());
    give("a", "bad");
    await pass(10);
    fall(new TypeError("a defect"));
    await expect(ended).rejects.toThrow("a defect");
  });

  it("takes a problem that is no verdict on items for a defect", async () => {
    const { give, sink, ended } = pipeline();
    sink.answers.push(new ConfigProblem("config_invalid", "no such queue"));
    give("a");
    await expect(ended).rejects.toThrow("no such queue");
  });

  it("falls over a defect in transform, and over one in settle", async () => {
    const one = pipeline({
      transform: () => {
        throw new TypeError("in transform");
      },
    });
    one.give("a");
    await expect(one.ended).rejects.toThrow("in transform");
    const other = pipeline();
    other.source.give({ ...delivery("a"), settle: () => Promise.reject(new TypeError("in settle")) });
    await expect(other.ended).rejects.toThrow("in settle");
  });
});

import { describe, expect, it } from "vitest";
import { link, outcomes, pass, pipeline } from "../../test/tools/hand-pipeline.ts";
import type { Sink } from "./delivery.ts";

describe("lanes", () => {
  it("lets nothing of a lane pass what it leaves on stop", async () => {
    const { give, sink, life, ended } = pipeline({ lane: () => "one" });
    let fail = () => {};
    sink.answers.push(new Promise((_, reject) => (fail = () => reject(link()))));
    const all = give("a", "b");
    await pass(0);
    life.ringStop("stopped");
    fail();
    await ended;
    expect([outcomes(all), sink.writes]).toEqual([[[], []], [["a"]]]);
  });

  it("keeps the order within a lane, and no two batches of one lane run side by side", async () => {
    const running = new Map<string, number>();
    const seen: string[] = [];
    const sink: Sink<string> = {
      write: async ([item]) => {
        const lane = item![0]!;
        running.set(lane, (running.get(lane) ?? 0) + 1);
        expect(running.get(lane)).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, item!.charCodeAt(1) % 7));
        running.set(lane, 0);
        seen.push(item!);
      },
    };
    const { give } = pipeline({ sink, workers: 4, lane: (value) => value[0]! });
    const all = Array.from({ length: 60 }, (_, index) => `${"abcde"[index % 5]}${index}`);
    const items = give(...all);
    await pass(1_000);
    expect(outcomes(items).flat()).toHaveLength(60);
    for (const lane of "abcde") {
      const own = (list: readonly string[]) => list.filter((item) => item.startsWith(lane));
      expect(own(seen)).toEqual(own(all));
    }
  });

  it("goes on with other lanes while one waits for its next try and more of it comes", async () => {
    const { give, sink, subject } = pipeline({ workers: 20, lane: (value) => value[0]! });
    sink.answers.push(link());
    const all = give("a1", "a2", "a3", "b1", "c1", "d1", "e1", "f1", "b2", "a4");
    await pass(99);
    expect(sink.writes.flat()).toEqual(["a1", "b1", "c1", "d1", "e1", "f1", "b2"]);
    await pass(1);
    expect(sink.writes.flat().slice(7)).toEqual(["a1", "a2", "a3", "a4"]);
    expect([outcomes(all).flat().length, subject.inFlight]).toEqual([10, 0]);
  });

  it("takes no more of a lane that waits than there is room for", async () => {
    const { give, sink, subject } = pipeline({ workers: 4, lane: (value) => value[0]! });
    sink.answers.push(link(), link());
    const all = give(...Array.from({ length: 100 }, (_, index) => `a${index}`), "b");
    await pass(299);
    // One in hand, and ten for each worker behind it, wherever they stand.
    expect([subject.inFlight, sink.writes.length]).toEqual([1 + 4 * 10, 2]);
    await pass(1);
    expect(outcomes(all).flat()).toHaveLength(101);
    const own = sink.writes.flat().filter((value) => value !== "b");
    expect(own.slice(2)).toEqual(Array.from({ length: 100 }, (_, index) => `a${index}`));
  });

  it("leaves unsettled on stop what stands behind the next of its lane, for it would take too long", async () => {
    const { give, sink, life, ended } = pipeline({ workers: 2, lane: (value) => value[0]! });
    let arrive = () => {};
    sink.answers.push(new Promise<void>((resolve) => (arrive = resolve)));
    const all = give("a1", "a2", "a3", "a4", "b1");
    await pass(0);
    life.ringStop("stopped");
    arrive();
    await ended;
    expect(sink.writes.flat()).toEqual(["a1", "b1", "a2"]);
    expect(outcomes(all)).toEqual([["done"], ["done"], [], [], ["done"]]);
  });
});

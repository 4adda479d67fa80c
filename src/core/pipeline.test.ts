import { describe, expect, it, vi } from "vitest";
import { delivery, HandFeed, type Recorded } from "../../test/tools/hand-feed.ts";
import { HandSink, link, never, outcomes, partial, pass, pipeline } from "../../test/tools/hand-pipeline.ts";
import { Health } from "./health.ts";
import { Lifetime } from "./life.ts";
import { Pipeline } from "./pipeline.ts";
import { ConfigProblem, DeniedProblem, RejectedProblem } from "./problems.ts";

describe("Pipeline", () => {
  it("settles what arrived, what nobody wants and what is refused", async () => {
    const { give, sink, rejected } = pipeline();
    const all = give("a", "unwanted", "bad", "b");
    await pass(0);
    expect(outcomes(all)).toEqual([["done"], ["done"], ["reject"], ["done"]]);
    expect(sink.writes).toEqual([["a"], ["b"]]);
    expect(rejected.writes).toEqual([
      [
        {
          value: "bad",
          reason: "not that one",
          code: "item_refused",
          tries: 0,
          since: Date.now(),
          at: Date.now(),
        },
      ],
    ]);
  });

  it("lets others pass an item that waits for its next try, but not in a lane", async () => {
    const free = pipeline({ workers: 2 });
    const laned = pipeline({ workers: 2, lane: () => "one" });
    for (const { sink, give } of [free, laned]) {
      sink.answers.push(link());
      give("a", "b", "c");
    }
    await pass(99);
    expect([free.sink.writes, laned.sink.writes]).toEqual([[["a"], ["b"], ["c"]], [["a"]]]);
    await pass(1);
    expect(free.sink.writes.at(-1)).toEqual(["a"]);
    expect(laned.sink.writes).toEqual([["a"], ["a"], ["b"], ["c"]]);
  });

  it("holds no more than so many items that wait", async () => {
    const { source, sink, subject } = pipeline({ workers: 2 });
    sink.answers.push(...Array.from({ length: 100 }, link));
    source.give(...Array.from({ length: 100 }, (_, index) => delivery(String(index))));
    await pass(99);
    expect(subject.inFlight).toBeLessThanOrEqual(2 * 10 + 2 + 1);
  });

  it("says how often an item was tried, and stays down when it gives up", async () => {
    const { give, sink, rejected, health } = pipeline({ retries: 1, workers: 2 });
    sink.answers.push(link(), link());
    give("a");
    await pass(100);
    expect(rejected.writes[0]).toMatchObject([{ value: "a", tries: 2 }]);
    expect(health.report().parts.find(({ name }) => name === "sink")?.state).toBe("down");
  });

  it.each([
    ["aside", { workers: 2 }],
    ["with its worker", { workers: 1 }],
    ["in its lane", { workers: 2, lane: () => "one" }],
  ])(
    "leaves unsettled on stop what waits %s for its next try, without waiting for it",
    async (_, options) => {
      const { give, sink, life, ended } = pipeline({ backoff: () => 60_000, ...options });
      sink.answers.push(link());
      const all = give("a");
      await pass(0);
      life.ringStop("stopped");
      await pass(0);
      await ended;
      expect([outcomes(all), sink.writes]).toEqual([[[]], [["a"]]]);
    },
  );

  it("leaves unsettled on stop what its sink does not begin any more, however few retries there are", async () => {
    const { give, sink, life, ended, rejected } = pipeline({ retries: 0 });
    let leave = () => {};
    sink.answers.push(new Promise((_, reject) => (leave = () => reject("removed"))));
    const all = give("a", "b");
    await pass(0);
    life.ringStop("removed");
    leave();
    await ended;
    expect([outcomes(all), sink.writes, rejected.writes]).toEqual([[[], []], [["a"]], []]);
  });

  it("leaves unsettled on stop what cannot be set aside now", async () => {
    const { give, rejected, life, ended } = pipeline({ backoff: () => 60_000 });
    rejected.answers.push(link());
    const all = give("bad");
    await pass(0);
    life.ringStop("stopped");
    await ended;
    expect([outcomes(all), rejected.writes.length]).toEqual([[[]], 1]);
  });

  it("tries again while the link is down, then rejects", async () => {
    const { give, sink, health } = pipeline();
    sink.answers.push(link(), link(), link());
    const all = give("a", "b");
    await pass(0);
    expect(health.report().parts.find(({ name }) => name === "sink")).toMatchObject({
      state: "down",
      retryAt: Date.now() + 100,
    });
    await pass(300);
    expect(sink.writes).toEqual([["a"], ["a"], ["a"], ["b"]]);
    expect(outcomes(all)).toEqual([["reject"], ["done"]]);
    expect(health.standing).not.toBe("degraded");
  });

  it("waits without end where a person must look, or where retries are infinite", async () => {
    const denied = pipeline({ denied: 1_000 });
    denied.sink.answers.push(
      ...Array.from({ length: 9 }, () => new DeniedProblem("credentials_refused", "who?")),
    );
    const [item] = denied.give("a");
    await pass(8_999);
    expect(item?.outcomes).toEqual([]);
    await pass(1);
    expect(item?.outcomes).toEqual(["done"]);

    const patient = pipeline({ retries: Number.POSITIVE_INFINITY, backoff: () => 1 });
    patient.sink.answers.push(...Array.from({ length: 99 }, link));
    const [other] = patient.give("a");
    await pass(99);
    expect(other?.outcomes).toEqual(["done"]);
  });

  it("counts towards the retries only tries that a person need not act after", async () => {
    const settled = vi.fn();
    const { give, sink } = pipeline({ denied: 1_000, settled });
    const denied = () => new DeniedProblem("credentials_refused", "who?");
    sink.answers.push(...Array.from({ length: 9 }, denied), link(), partial({ 0: denied() }), link(), link());
    const [item] = give("a");
    await pass(9_000);
    expect([item?.outcomes, sink.writes.length]).toEqual([[], 10]);
    // The backoff, too, begins with the first of them.
    await pass(100);
    expect([item?.outcomes, sink.writes.length]).toEqual([[], 11]);
    await pass(1_000 + 200);
    expect([item?.outcomes, sink.writes.length]).toEqual([["reject"], 13]);
    expect(settled.mock.calls[0]?.at(-1)).toBe(13);
  });

  it("settles a batch that failed in part item by item, and writes only the rest again", async () => {
    const { give, sink, rejected } = pipeline({ batch: { items: 4, bytes: 99, window: 10 } });
    sink.answers.push(partial({ 1: never(), 2: link(), 3: new ConfigProblem("input_invalid", "odd") }));
    const all = give("a", "b", "c", "d");
    await pass(0);
    expect(outcomes(all)).toEqual([["done"], ["reject"], [], []]);
    sink.answers.push(partial({ 0: never() }));
    await pass(100);
    expect(sink.writes).toEqual([
      ["a", "b", "c", "d"],
      ["c", "d"],
    ]);
    expect(outcomes(all)).toEqual([["done"], ["reject"], ["reject"], ["done"]]);
    expect(rejected.writes.flat().map(({ value }) => value)).toEqual(["b", "c"]);
  });

  it("does not settle a rejected item before it is kept, and lets nothing overtake it", async () => {
    const { give, rejected, health } = pipeline();
    rejected.answers.push(link(), new DeniedProblem("credentials_refused", "who?", { retryAfter: 200 }));
    const all = give("bad", "a");
    await pass(299);
    expect(outcomes(all)).toEqual([[], []]);
    expect(health.report().parts.find(({ name }) => name === "rejected")?.state).toBe("down");
    await pass(1);
    expect(outcomes(all)).toEqual([["reject"], ["done"]]);
    expect(health.report().parts.find(({ name }) => name === "rejected")?.state).toBe("up");
  });

  it("lets an item go, and counts it, that cannot even be kept", async () => {
    const { give, rejected, health } = pipeline();
    rejected.answers.push(never(), partial({ 0: never() }));
    const all = give("bad", "bad", "a");
    await pass(0);
    expect(outcomes(all)).toEqual([["reject"], ["reject"], ["done"]]);
    expect([...health.counts.keys()]).toContain("rejected item_refused");
  });

  it("falls when rejected items meet a defect", async () => {
    const { give, rejected, ended } = pipeline();
    rejected.answers.push(new TypeError("a defect"));
    const [item] = give("bad");
    await expect(ended).rejects.toThrow("a defect");
    expect(item?.outcomes).toEqual([]);
  });

  it("only settles rejected items where nobody keeps them", async () => {
    const source = new HandFeed<Recorded<string>>();
    const life = new Lifetime();
    const subject = new Pipeline<string>({
      source,
      sink: new HandSink(),
      transform: () => {
        throw never();
      },
      batch: { items: 1, bytes: 1, window: 1 },
      workers: 1,
      retries: 0,
      health: new Health(),
      backoff: () => 1,
    });
    void subject.run(life);
    const item = delivery("a");
    source.give(item);
    await pass(0);
    expect([item.outcomes, item.reasons[0]]).toEqual([["reject"], expect.any(RejectedProblem)]);
  });

  it("closes a batch by its window, though nothing more comes", async () => {
    const { give, sink } = pipeline({ batch: { items: 10, bytes: 1_000, window: 1_000 } });
    give("a", "b");
    await pass(999);
    expect(sink.writes).toEqual([]);
    await pass(1);
    expect(sink.writes).toEqual([["a", "b"]]);
  });

  it("takes no more than there is room for while the sink is slow", async () => {
    const { give, sink, subject } = pipeline();
    sink.answers.push(new Promise(() => {}));
    give("1", "2", "3", "4", "5");
    await pass(60_000);
    expect(subject.inFlight).toBe(2);
  });

  it("lets several workers write side by side where there are no lanes", async () => {
    const { give, sink } = pipeline({ workers: 3 });
    sink.answers.push(...Array.from({ length: 3 }, () => new Promise<void>(() => {})));
    give("a", "b", "c");
    await pass(0);
    expect(sink.writes).toEqual([["a"], ["b"], ["c"]]);
  });

  it("reopens its source, and says how old the oldest unsettled item is", async () => {
    const { give, source, sink, health } = pipeline();
    source.break(link());
    await pass(100);
    expect(source.links).toHaveLength(2);
    sink.answers.push(new Promise(() => {}));
    give("a");
    await pass(700);
    expect(health.lag()).toBe(700);
  });
});

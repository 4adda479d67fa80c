import { describe, expect, it } from "vitest";
import { Book, MOST_IN_ALL, MOST_NODES } from "./book.ts";
import { MOST_ENTRIES } from "./node.ts";
import type { FleetRecord } from "./record.ts";
import type { Report } from "./report.ts";

const HOUR = 3_600_000;

/** A book with a clock of our own, and what it wrote. */
function setting(before: readonly FleetRecord[] = [], start = 1_000_000_000) {
  const time = { wall: start, steady: 0 };
  const clock = { wall: () => time.wall, steady: () => time.steady };
  const records: FleetRecord[] = [];
  const book = new Book({
    offlineAfter: 6 * HOUR,
    clock,
    self: "head",
    write: (record) => records.push(structuredClone(record)),
  });
  for (const record of before) book.restore(record);
  const pass = (ms: number) => {
    time.wall += ms;
    time.steady += ms;
  };
  const take = (more: Partial<Report> = {}, address = "10.0.0.1") => book.take(report(more), address);
  const events = (name = "edge") => book.history(name).map(({ event }) => event);
  return {
    book,
    records,
    time,
    pass,
    take,
    events,
    node: (name = "edge") => book.nodes().find((n) => n.name === name)!,
  };
}

function report(more: Partial<Report> = {}): Report {
  return {
    name: "edge",
    instance: "one",
    version: "1.0.0",
    host: "h",
    pid: 7,
    uptime: 1_000,
    every: 30_000,
    standing: "ready",
    agents: [agent("web")],
    agents_total: 1,
    ...more,
  };
}

function agent(name: string, standing = "ready") {
  return { name, kind: "haproxy", standing, required: true, lag: 5, sync_age: 2_000 };
}

describe("a process that reports", () => {
  it("is online, with everything that it said, in our own time", () => {
    const { take, node, time } = setting();
    expect(take()).toEqual({ taken: true });
    expect(node()).toMatchObject({
      ...{ name: "edge", version: "1.0.0", kinds: ["haproxy"], online: true, standing: "ready" },
      ...{ address: "10.0.0.1", first_seen: time.wall, last_seen: time.wall, last_sync: time.wall - 2_000 },
      started_at: time.wall - 1_000,
      agents: [{ name: "web", standing: "ready", lag: 5, last_sync: time.wall - 2_000 }],
    });
  });

  it("has the last sync of the agent that is furthest behind", () => {
    const { take, node, time } = setting();
    take({ agents: [agent("a"), { ...agent("b"), sync_age: 9_000 }] });
    expect(node().last_sync).toBe(time.wall - 9_000);
  });

  it("is offline after the threshold, not before, and says when it was last seen", () => {
    const { take, node, pass, book, time, events } = setting();
    take();
    const seen = time.wall;
    expect(book.check()).toBe(6 * HOUR);
    pass(6 * HOUR - 1);
    expect([book.check(), node().online]).toEqual([1, true]);
    pass(1);
    expect([book.check(), node().online, node().last_seen]).toEqual([undefined, false, seen]);
    expect(book.history("edge").at(-1)).toEqual({
      at: time.wall,
      event: "offline",
      reason: "silent",
      last_seen: seen,
    });
    take();
    expect([node().online, events()]).toEqual([true, ["online", "offline", "online"]]);
  });

  it("is not made offline by a clock that is set", () => {
    const { take, node, time, book } = setting();
    take();
    time.wall += 1_000 * HOUR;
    book.check();
    expect(node().online).toBe(true);
  });

  it("is never offline to itself", () => {
    const { take, node, pass, book } = setting();
    take({ name: "head" });
    pass(100 * HOUR);
    expect([book.check(), node("head").online]).toEqual([undefined, true]);
  });

  it("is given twice its own interval where that is longer than the threshold", () => {
    const { take, node, pass, book } = setting();
    take({ every: 4 * HOUR });
    pass(7 * HOUR);
    expect([book.check(), node().online]).toEqual([HOUR, true]);
  });

  it("is stopped, and offline, at its own last word", () => {
    const { take, node, book } = setting();
    take();
    take({ standing: "stopped" });
    expect(node()).toMatchObject({ online: false, standing: "stopped" });
    expect(book.history("edge").at(-1)).toMatchObject({ event: "offline", reason: "stopped" });
  });

  it("leaves a trace of what changed, and none of what did not", () => {
    const { take, book, records, pass } = setting();
    take();
    take({ agents: [{ ...agent("web"), lag: 6, sync_age: 1 }] });
    expect(records).toHaveLength(1);
    pass(10);
    take({ standing: "degraded", agents: [agent("web", "degraded"), agent("new")], version: "1.1.0" });
    take({ agents: [agent("new")], version: "1.1.0" });
    expect(book.history("edge").slice(1)).toMatchObject([
      { event: "version", version: "1.1.0", was: "1.0.0" },
      { event: "standing", standing: "degraded", was: "ready", agents: { web: "degraded", new: "ready" } },
      { event: "standing", standing: "ready", was: "degraded", agents: { web: "removed" } },
    ]);
  });

  it("has restarted when another run reports in its place", () => {
    const { take, book, node, pass } = setting();
    take();
    pass(10_000);
    take({ instance: "two", uptime: 500 });
    expect(book.history("edge").at(-1)).toMatchObject({ event: "online", restarted: true });
    expect(node().conflict).toBeUndefined();
  });
});

describe("two processes of one name", () => {
  it("do not take turns: the one that began last is shown, and the conflict is told to both", () => {
    const { take, node, events, pass } = setting();
    for (let round = 0; round < 5; round++) {
      const first = take({ instance: "one", uptime: 60_000 + round * 30_000, pid: 1 });
      // Latency makes the two look as if now this, now that one had begun later.
      const second = take(
        { instance: "two", uptime: 60_000 + round * 30_000 + (round % 2) * 40, pid: 2 },
        "10.0.0.2",
      );
      if (round > 0) {
        expect(first).toEqual({ taken: false, conflict: "process 2 of h (10.0.0.2)" });
        expect(second).toEqual({ taken: true, conflict: "process 1 of h (10.0.0.1)" });
        expect(node()).toMatchObject({ pid: 2, conflict: ["process 1 of h (10.0.0.1)"] });
      }
      pass(30_000);
    }
    expect(events()).toEqual(["online", "online", "conflict"]);
  });

  it("are one again when the other ends, or is heard no more", () => {
    const { take, node, events, pass, book } = setting();
    const both = () => {
      take({ instance: "two", uptime: 10 });
      take({ instance: "one", uptime: 1_000 });
    };
    take();
    both();
    take({ instance: "one", standing: "stopped" });
    expect([node().conflict, events().at(-1)]).toEqual([undefined, "conflict_over"]);
    both();
    for (let left = 3; left >= 0; left--) {
      expect(node().conflict).toHaveLength(1);
      pass(30_000);
      take({ instance: "two" });
      if (left === 0) book.check();
    }
    expect([node().conflict, events().at(-1)]).toEqual([undefined, "conflict_over"]);
  });

  it("the older one takes the name over when the shown one has gone", () => {
    const { take, node, pass } = setting();
    take({ instance: "one", uptime: 9_000, pid: 1 });
    take({ instance: "two", uptime: 1_000, pid: 2 });
    take({ instance: "one", pid: 1 });
    take({ instance: "two", pid: 2, standing: "stopped" });
    expect(node().online).toBe(false);
    expect(take({ instance: "one", pid: 1 })).toEqual({ taken: true });
    expect(node()).toMatchObject({ pid: 1, online: true });
    take({ instance: "three", uptime: 0, pid: 3 });
    pass(100_000);
    expect(take({ instance: "one", pid: 1 })).toEqual({ taken: true });
  });
});

describe("what is kept", () => {
  it("comes back from what was written, also where it was written twice", () => {
    const first = setting();
    first.take();
    first.take({ name: "gone" });
    first.book.forget("gone");
    first.pass(5_000);
    first.take({ standing: "degraded", agents: [agent("web", "degraded")] });
    const news = [...first.records, { seen: { edge: first.time.wall + 7 } }];
    const again = setting([...news, ...first.book.whole(), ...first.book.whole()], first.time.wall);
    expect(again.book.nodes()).toEqual(first.book.nodes());
    expect(again.book.history("edge")).toEqual(first.book.history("edge"));
    const marked = setting(news, first.time.wall + 10);
    expect(marked.node().last_seen).toBe(first.time.wall + 7);
  });

  it("a process that was online before our own pause gets time to be heard again", () => {
    const first = setting();
    first.take();
    const { book, node, pass } = setting(first.records, first.time.wall + 10 * HOUR);
    expect([book.check(), node().online]).toEqual([120_000, true]);
    pass(120_000);
    book.check();
    expect(node().online).toBe(false);
  });

  it("is bounded for one process and for all, at the cost of the longest history", () => {
    const { take, book, events } = setting();
    const flap = (name: string, times: number) => {
      for (let i = 0; i < times; i++) take({ name, agents: [agent("web", i % 2 ? "failed" : "ready")] });
    };
    flap("quiet", 1);
    flap("busy", MOST_ENTRIES + 50);
    expect(events("busy")).toHaveLength(MOST_ENTRIES);
    const others = MOST_IN_ALL / MOST_ENTRIES;
    for (let i = 0; i < others; i++) flap(`n${i}`, MOST_ENTRIES);
    const total = book.nodes().reduce((sum, { name }) => sum + events(name).length, 0);
    expect([total, events("quiet")]).toEqual([MOST_IN_ALL, ["online"]]);
  });

  it("knows so many processes, and forgets for a new one the one that has been offline longest", () => {
    const { take, book, pass } = setting();
    for (let i = 0; i < MOST_NODES; i++) take({ name: `n${i}` });
    expect(() => take({ name: "new" })).toThrow(expect.objectContaining({ code: "fleet_full" }));
    take({ name: "n7", standing: "stopped" });
    pass(1);
    take({ name: "n8", standing: "stopped" });
    take({ name: "new" });
    const names = new Set(book.nodes().map(({ name }) => name));
    expect([names.size, names.has("new"), names.has("n7"), names.has("n8")]).toEqual([
      MOST_NODES,
      true,
      false,
      true,
    ]);
    expect(() => book.history("n7")).toThrow(expect.objectContaining({ code: "node_unknown" }));
  });
});

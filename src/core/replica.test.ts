import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { HandFeed } from "../../test/tools/hand-feed.ts";
import { Health } from "./health.ts";
import { Lifetime } from "./life.ts";
import { LinkProblem, RejectedProblem } from "./problems.ts";
import { Replica, type ReplicaOptions } from "./replica.ts";
import type { Revision, Snapshot } from "./revision.ts";

const revision = (version: string, data = version): Revision<string> => ({ version, data });

/** A replica whose view is the data in capitals. */
function replica(options: Partial<ReplicaOptions<string, string>> & { saved?: Revision<string> } = {}) {
  const feed = new HandFeed<Revision<string>>();
  const health = new Health();
  health.begin();
  const written: string[] = [];
  const snapshot: Snapshot<string> = {
    load: async () => options.saved,
    save: async ({ version }) => void written.push(version),
  };
  const subject = new Replica<string, string>({
    feed,
    view: ({ data }) => {
      if (data === "bad") throw new Error("no such letter");
      return data.toUpperCase();
    },
    snapshot,
    health,
    backoff: () => 1_000,
    ...options,
  });
  const life = new Lifetime();
  const run = () => {
    const ended = subject.run(life);
    health.running();
    return ended;
  };
  return { feed, health, written, subject, life, run };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const part = (health: Health, name: string) => health.report().parts.find((each) => each.name === name);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("Replica", () => {
  it("serves nothing and is not ready before the first revision", async () => {
    const { health, subject, run, feed, life } = replica();
    const ended = run();
    await pass(0);
    expect([subject.view, subject.held, health.standing]).toEqual([undefined, undefined, "starting"]);
    feed.give(revision("a"));
    await pass(0);
    expect([subject.view, subject.held?.version, health.standing]).toEqual(["A", "a", "ready"]);
    life.ringStop("stopped");
    await ended;
  });

  it("serves the snapshot at once, and continues after it", async () => {
    const { health, subject, run, feed, written } = replica({ saved: revision("saved") });
    void run();
    await pass(0);
    expect([subject.view, health.standing, feed.links[0]?.after?.version]).toEqual([
      "SAVED",
      "ready",
      "saved",
    ]);
    expect(written).toEqual([]);
  });

  it("goes on serving while the origin is gone, and says that it is degraded and how far behind", async () => {
    const { health, subject, run, feed } = replica();
    void run();
    feed.give(revision("a"));
    feed.break(new LinkProblem("connect_failed", "gone"));
    await pass(500);
    expect([subject.view, health.standing, health.lag()]).toEqual(["A", "degraded", 500]);
  });

  it("is never behind an origin on its own disk", async () => {
    const feed = new HandFeed<Revision<string>>({ local: true });
    const { health, run } = replica({ feed });
    void run();
    feed.give(revision("a"));
    await pass(500);
    expect(health.lag()).toBeUndefined();
  });

  it("refuses a revision it cannot build a view of, and keeps the one before", async () => {
    const refused = vi.fn();
    const accepted = vi.fn();
    const { health, subject, run, feed, written } = replica({ refused, accepted });
    void run();
    feed.give(revision("1", "a"), revision("2", "bad"));
    await pass(2_000);
    expect([subject.view, subject.held?.version, health.standing]).toEqual(["A", "1", "degraded"]);
    expect(part(health, "revision")?.problem).toMatchObject({
      code: "data_refused",
      message: "no such letter",
    });
    expect(refused).toHaveBeenCalledExactlyOnceWith(revision("2", "bad"), expect.any(Error));
    expect(written).toEqual(["1"]);
    feed.give(revision("3", "c"));
    await pass(0);
    expect([subject.view, health.standing, accepted.mock.calls.length]).toEqual(["C", "ready", 2]);
  });

  it("continues after a refused revision too: it would only come again", async () => {
    const { run, feed } = replica();
    void run();
    feed.give(revision("2", "bad"));
    feed.break(new LinkProblem("connect_failed", "gone"));
    await pass(1_000);
    expect(feed.links[1]?.after?.version).toBe("2");
  });

  it("waits for the origin when the snapshot is refused, without telling the origin", async () => {
    const refused = vi.fn();
    const { health, run, feed, subject } = replica({ saved: revision("old", "bad"), refused });
    void run();
    await pass(0);
    expect([health.standing, feed.links[0]?.after, refused.mock.calls.length]).toEqual([
      "starting",
      undefined,
      0,
    ]);
    feed.give(revision("new"));
    await pass(0);
    expect([subject.view, health.standing]).toEqual(["NEW", "ready"]);
  });

  it("reports a snapshot that cannot be read, and serves from the origin", async () => {
    const snapshot: Snapshot<string> = {
      load: () => Promise.reject(new RejectedProblem("snapshot_torn", "torn")),
      save: async () => {},
    };
    const { health, run, feed } = replica({ snapshot });
    void run();
    await pass(0);
    expect(part(health, "snapshot")?.problem?.code).toBe("snapshot_torn");
    feed.give(revision("a"));
    await pass(0);
    expect([health.standing, part(health, "snapshot")?.state]).toEqual(["ready", "up"]);
  });

  it("gives the view before to the next, and takes views that are built in slices", async () => {
    const seen: unknown[] = [];
    const { run, feed, subject } = replica({
      view: async ({ data }, previous) => {
        seen.push(previous);
        return data;
      },
    });
    void run();
    feed.give(revision("a"), revision("b"));
    await pass(0);
    expect([seen, subject.view]).toEqual([[undefined, "a"], "b"]);
  });

  it("builds its view anew when asked, and never puts an old one in the place of a newer", async () => {
    const waiting: (() => void)[] = [];
    const { run, feed, subject } = replica({
      view: ({ data }) => new Promise((resolve) => waiting.push(() => resolve(`${data} ${waiting.length}`))),
    });
    await subject.rebuild();
    void run();
    feed.give(revision("a"));
    await pass(0);
    waiting[0]?.();
    await pass(0);
    expect(subject.view).toBe("a 1");
    const rebuilt = subject.rebuild();
    feed.give(revision("b"));
    await pass(0);
    expect(waiting).toHaveLength(2);
    waiting[1]?.();
    await rebuilt;
    expect(subject.view).toBe("a 2");
    await pass(0);
    waiting[2]?.();
    await pass(0);
    expect([subject.view, subject.held?.version]).toEqual(["b 3", "b"]);
  });

  it("keeps the parts of several replicas of one agent apart", () => {
    const { health } = replica({ name: "eu" });
    expect(health.report().parts.map(({ name }) => name)).toEqual([
      "origin:eu",
      "revision:eu",
      "snapshot:eu",
    ]);
  });

  it("saves what is not saved yet when told to stop", async () => {
    const { run, feed, life, written } = replica();
    const ended = run();
    feed.give(revision("a"));
    await pass(0);
    feed.give(revision("b"));
    await pass(0);
    life.ringStop("stopped");
    await ended;
    expect(written.at(-1)).toBe("b");
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each<[string, Partial<ReplicaOptions<string, string>>]>([
    ["a view is being built", { view: () => new Promise(() => {}) }],
    ["the snapshot is being read", { snapshot: { load: () => new Promise(() => {}), save: async () => {} } }],
    [
      "the snapshot is being saved",
      { snapshot: { load: async () => undefined, save: () => new Promise(() => {}) } },
    ],
  ])("ends at once when killed while %s", async (_, options) => {
    const { run, feed, life } = replica(options);
    const ended = run();
    feed.give(revision("a"));
    await pass(1_000);
    life.ringKill("stopped");
    await ended;
    expect(vi.getTimerCount()).toBe(0);
  });
});

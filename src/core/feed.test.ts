import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { HandFeed } from "../../test/tools/hand-feed.ts";
import { type FollowOptions, follow } from "./feed.ts";
import { Health } from "./health.ts";
import { DeniedProblem, LinkProblem, RejectedProblem } from "./problems.ts";

const broken = (retryAfter?: number) =>
  new LinkProblem("connect_failed", "gone", retryAfter === undefined ? {} : { retryAfter });

/** Follows a feed and gathers what comes. The wait after n failures is n+1 seconds. */
function following(feed: HandFeed<string>, options: Partial<FollowOptions<string>> = {}) {
  const controller = new AbortController();
  const part = new Health().part("source");
  const taken: string[] = [];
  const ended = (async () => {
    const { signal } = controller;
    const backoff = (failures: number) => (failures + 1) * 1_000;
    for await (const item of follow(feed, { signal, part, backoff, ...options })) taken.push(item);
  })();
  ended.catch(() => {});
  return { controller, part, taken, ended };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("follow", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("yields what the feed yields, and is up from the first sign of life", async () => {
    const feed = new HandFeed<string>();
    const { part, taken } = following(feed);
    await pass(0);
    expect(part.state).toBe("connecting");
    feed.up();
    await pass(0);
    expect(part.state).toBe("up");
    feed.give("a", "b");
    await pass(0);
    expect(taken).toEqual(["a", "b"]);
  });

  it("reopens a broken link after the backoff, continuing after the last item", async () => {
    const feed = new HandFeed<string>();
    const { part } = following(feed, { after: "before" });
    await pass(0);
    expect(feed.links[0]?.after).toBe("before");
    feed.give("a");
    feed.break(broken());
    await pass(999);
    expect(feed.links).toHaveLength(1);
    expect(part).toMatchObject({ state: "down", retryAt: Date.now() + 1, problem: { message: "gone" } });
    await pass(1);
    expect(feed.links[1]?.after).toBe("a");
    expect(feed.links[0]?.signal.aborted).toBe(true);
  });

  it("waits longer from failure to failure, also when something arrived in between", async () => {
    const feed = new HandFeed<string>();
    following(feed);
    for (const [index, wait] of [1_000, 2_000, 3_000].entries()) {
      feed.give("a");
      feed.break(broken());
      await pass(wait - 1);
      expect(feed.links).toHaveLength(index + 1);
      await pass(1);
      expect(feed.links).toHaveLength(index + 2);
    }
  });

  it("starts the backoff over after a link that was up for more than five seconds", async () => {
    const feed = new HandFeed<string>();
    following(feed);
    feed.break(broken());
    feed.break(broken());
    await pass(3_000);
    feed.up();
    await pass(5_001);
    feed.break(broken());
    await pass(1_000);
    expect(feed.links).toHaveLength(4);
  });

  it("does not take trying in vain for a link that held", async () => {
    const feed = new HandFeed<string>();
    following(feed);
    for (const wait of [1_000, 2_000]) {
      await pass(10_000);
      feed.break(broken());
      await pass(wait);
    }
    expect(feed.links).toHaveLength(3);
    await pass(10_000);
    feed.break(broken());
    await pass(2_999);
    expect(feed.links).toHaveLength(3);
  });

  it("waits as long as the other side asked", async () => {
    const feed = new HandFeed<string>();
    const { part } = following(feed);
    feed.break(broken(3_600_000));
    await pass(3_599_999);
    expect([feed.links.length, part.retryAt]).toEqual([1, Date.now() + 1]);
    await pass(1);
    expect(feed.links).toHaveLength(2);
  });

  it("retries slowly where a person must look", async () => {
    const feed = new HandFeed<string>();
    const { part } = following(feed);
    feed.break(new DeniedProblem("credentials_refused", "who are you?"));
    await pass(59_999);
    expect([feed.links.length, part.problem?.code]).toEqual([1, "credentials_refused"]);
    await pass(1);
    expect(feed.links).toHaveLength(2);
  });

  it("reopens a feed that ended: after a pause, or at once if it had held", async () => {
    const feed = new HandFeed<string>();
    following(feed);
    feed.end();
    await pass(999);
    expect(feed.links).toHaveLength(1);
    await pass(1);
    feed.up();
    await pass(5_001);
    feed.end();
    await pass(0);
    expect(feed.links).toHaveLength(3);
    feed.break(broken());
    await pass(1_000);
    expect(feed.links).toHaveLength(4);
  });

  it.each([new RejectedProblem("data_refused", "never"), new TypeError("a defect")])(
    "throws what is no link trouble: %s",
    async (error) => {
      const feed = new HandFeed<string>();
      const { ended } = following(feed);
      feed.break(error);
      await expect(ended).rejects.toBe(error);
    },
  );

  it("gives up when it has been tried so often, and says why", async () => {
    const feed = new HandFeed<string>();
    const { part, ended } = following(feed, { retries: 2 });
    for (const wait of [1_000, 2_000, 3_000]) {
      feed.break(broken());
      await pass(wait);
    }
    await expect(ended).rejects.toMatchObject({
      code: "gave_up",
      message: "too many retries, gave up after 3 tries: gone",
    });
    expect(feed.links).toHaveLength(3);
    expect(part).toMatchObject({ state: "down", retryAt: undefined, problem: { code: "gave_up" } });
  });

  it("does not give up where a link held in between", async () => {
    const feed = new HandFeed<string>();
    following(feed, { retries: 1 });
    for (let i = 0; i < 4; i++) {
      feed.up();
      await pass(6_000);
      feed.break(broken());
      await pass(1_000);
    }
    expect(feed.links).toHaveLength(5);
  });

  it("ends when the signal rings: while connected, while waiting, and when it had rung before", async () => {
    const connected = following(new HandFeed<string>());
    await pass(0);
    connected.controller.abort();
    await connected.ended;

    const feed = new HandFeed<string>();
    const waiting = following(feed);
    feed.break(broken());
    await pass(10);
    waiting.controller.abort();
    await waiting.ended;

    const unopened = new HandFeed<string>();
    await following(unopened, { signal: AbortSignal.abort() }).ended;
    expect(unopened.links).toHaveLength(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not mind how a feed ends when it was told to", async () => {
    const { controller, ended } = following({
      links: [],
      async *open({ signal }: { signal: AbortSignal }) {
        await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      },
    } as unknown as HandFeed<string>);
    await pass(0);
    controller.abort(new Error("told to"));
    await ended;
  });

  it("closes the link when its follower leaves", async () => {
    const feed = new HandFeed<string>();
    feed.give("a");
    const part = new Health().part("source");
    const { signal } = new AbortController();
    for await (const _ of follow(feed, { signal, part, backoff: () => 1 })) break;
    expect(feed.links[0]?.signal.aborted).toBe(true);
  });
});

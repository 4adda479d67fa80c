import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { delivery, HandFeed, type Recorded } from "../../../test/tools/hand-feed.ts";
import { Opened } from "../../laws/opened.ts";
import { type Event, plainEvent } from "./event.ts";
import { Requeueing } from "./requeue.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const event = (redelivered = true): Event => ({ ...plainEvent(Buffer.from("a")), redelivered });

function opened(brakes = true) {
  const feed = new HandFeed<Recorded<Event>>();
  const link = new Opened(new Requeueing(feed, brakes));
  const reject = async (value: Event) => {
    const given = delivery(value);
    feed.give(given);
    await pass(0);
    await link.items.at(-1)?.settle("reject");
    return given;
  };
  return { feed, link, reject };
}

describe("Requeueing", () => {
  it("gives back at once what failed for the first time, then later and later", async () => {
    const { reject } = opened();
    expect((await reject(event(false))).outcomes).toEqual(["retry"]);
    for (const ms of [200, 400, 800]) {
      const given = await reject(event());
      await pass(ms - 1);
      expect(given.outcomes).toEqual([]);
      await pass(1);
      expect(given.outcomes).toEqual(["retry"]);
    }
  });

  it("gives everything back at once without a brake", async () => {
    const { reject } = opened(false);
    for (let turn = 0; turn < 3; turn++) expect((await reject(event())).outcomes).toEqual(["retry"]);
  });

  it("leaves unsettled what waits when the link ends, or fails after that, and leaves no timer", async () => {
    const { link, feed, reject } = opened();
    const waiting = await reject(event());
    const late = delivery(event());
    feed.give(late);
    await pass(0);
    link.ring();
    await link.ended;
    await link.items.at(-1)?.settle("reject");
    expect(vi.getTimerCount()).toBe(0);
    await pass(60_000);
    expect([waiting.outcomes, late.outcomes]).toEqual([[], []]);
  });
});

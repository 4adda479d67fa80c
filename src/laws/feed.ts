import assert from "node:assert/strict";
import type { Feed } from "../core/feed.ts";
import { isTrouble } from "../core/problems.ts";
import { inTime, type Law, law, type Make, patience, type Subject, thrownBy } from "./law.ts";
import { Handles, listeners, Timers } from "./leftovers.ts";
import { Opened } from "./opened.ts";

export interface FeedSubject<T> extends Subject {
  readonly feed: Feed<T>;
  /** Changes something at the origin, after which the feed has to yield. */
  change(): void | Promise<void>;
  /** Takes the origin away, so that connecting fails. Leave it out for feeds that have nothing to connect to. */
  break?(): void | Promise<void>;
  mend?(): void | Promise<void>;
}

/** The laws of `Feed`. */
export function feedLaws<T>(make: Make<FeedSubject<T>>): Law[] {
  const about = (name: string, check: (subject: FeedSubject<T>) => Promise<void>) =>
    law(`a feed ${name}`, make, check);
  return [
    about("is up once it is connected, also when nothing is new", async ({ feed }) => {
      const first = new Opened(feed);
      await first.up();
      await first.close();
      const again = new Opened(feed, first.items.at(-1));
      await again.up();
      await again.close();
    }),
    about("yields when something changes", async ({ feed, change }) => {
      const opened = new Opened(feed);
      await opened.up();
      const before = opened.items.length;
      await change();
      await opened.first(before + 1);
      await opened.close();
    }),
    about("yields nothing after the signal rang, and ends", async ({ feed, change }) => {
      const opened = new Opened(feed);
      await opened.up();
      opened.ring();
      const before = opened.items.length;
      await change();
      await opened.close();
      assert.equal(opened.items.length, before, "nothing may come after the signal rang");
    }),
    about("ends at once, and yields nothing, if the signal has rung before", async ({ feed, change }) => {
      await change();
      const controller = new AbortController();
      controller.abort("rung before");
      const opened = new Opened(feed, undefined, controller);
      await inTime(patience.atOnce, opened.ended, "it has to end");
      assert.deepEqual(opened.items, []);
    }),
    about("loses nothing that happens while it is closed", async ({ feed, change }) => {
      const first = new Opened(feed);
      await first.up();
      await change();
      await first.first(1);
      await first.close();
      await change();
      const again = new Opened(feed, first.items.at(-1));
      await again.first(1);
      await again.close();
    }),
    about("leaves no listener, timer or handle behind", async ({ feed, change }) => {
      const handles = new Handles();
      const timers = new Timers();
      try {
        const opened = new Opened(feed);
        await opened.up();
        await change();
        await opened.first(1);
        const listening = listeners(opened.signal);
        for (let more = 1; more <= 5; more++) {
          const before = opened.items.length;
          await change();
          await opened.first(before + 1);
        }
        assert.ok(listeners(opened.signal) <= listening + 1, "with each item, more listen to its signal");
        await opened.close();
        assert.equal(listeners(opened.signal), 0, "nobody may listen to its signal any more");
      } finally {
        await timers.gone("a feed was closed");
      }
      await handles.gone("what a closed feed used");
    }),
    about("tells trouble with the outside as a problem, and works again when it is over", async (subject) => {
      const { feed, change } = subject;
      if (!subject.break) return;
      await subject.break();
      const opened = new Opened(feed);
      const thrown = await inTime(
        2 * patience.soon,
        thrownBy(opened.ended),
        "it has to say that it cannot connect",
      );
      assert.ok(isTrouble(thrown), `it has to throw a LinkProblem or a DeniedProblem, not ${thrown}`);
      if (feed.probe) {
        const probed = await thrownBy(feed.probe(new AbortController().signal));
        assert.ok(
          isTrouble(probed),
          `its probe has to throw a LinkProblem or a DeniedProblem, not ${probed}`,
        );
      }
      await subject.mend?.();
      await change();
      const mended = new Opened(feed);
      await mended.first(1);
      await mended.close();
    }),
    about("can be probed, and what comes is still there", async ({ feed, change }) => {
      if (!feed.probe) return;
      await change();
      await inTime(patience.soon, feed.probe(new AbortController().signal), "a probe has to end");
      const opened = new Opened(feed);
      await opened.first(1);
      await opened.close();
    }),
  ];
}

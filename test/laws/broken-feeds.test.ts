import { describe, expect, it } from "vitest";
import type { Delivery } from "../../src/core/delivery.ts";
import type { Feed, Link } from "../../src/core/feed.ts";
import { onAbort, rung, unless } from "../../src/core/life.ts";
import { feedLaws, sourceLaws } from "../../src/laws/index.ts";
import { broken } from "../tools/broken.ts";

// A law that nothing can break is worth nothing. So each is broken here, by something that comes near to obeying it.

describe("the laws of a feed are broken by one that", () => {
  type Open = (
    link: Link<number>,
    given: { take(): number | undefined; wait(): Promise<void> },
  ) => AsyncGenerator<number>;

  /** A feed of numbers; what `open` leaves out breaks a law. */
  function numbers(open: Open) {
    let last = 0;
    let wake = () => {};
    const waiting: number[] = [];
    const given = {
      take: () => waiting.shift(),
      wait: () => new Promise<void>((resolve) => (wake = resolve)),
    };
    return {
      feed: { open: (link: Link<number>) => open(link, given) } satisfies Feed<number>,
      change: () => {
        waiting.push(++last);
        wake();
      },
      break: () => {},
    };
  }

  const good: Open = async function* (link, given) {
    link.up();
    while (!link.signal.aborted) {
      const next = given.take();
      if (next !== undefined) yield next;
      else await unless(link.signal, given.wait());
    }
  };

  const laws = (open: Open) => feedLaws(() => numbers(open));

  it.each<[string, string, Open]>([
    [
      "does not say that it is up",
      "is up once",
      async function* (link, given) {
        yield* good({ ...link, up: () => {} }, given);
      },
    ],
    [
      "does not notice changes",
      "yields when something",
      async function* (link) {
        yield* [];
        link.up();
        await rung(link.signal);
      },
    ],
    [
      "does not hear the signal",
      "and ends",
      async function* (link) {
        yield* [];
        link.up();
        await new Promise(() => {});
      },
    ],
    [
      "yields on after the signal",
      "nothing after the signal rang",
      async function* (link, given) {
        yield* good(link, given);
        await new Promise((resolve) => setTimeout(resolve, 50));
        yield 99;
      },
    ],
    [
      "does not look whether the signal has rung",
      "has rung before",
      async function* (link, given) {
        yield given.take() ?? 1;
        yield* good(link, given);
      },
    ],
    [
      "forgets what happened while it was closed",
      "loses nothing",
      async function* (link, given) {
        for (; given.take() !== undefined; );
        yield* good(link, given);
      },
    ],
    [
      "leaves a timer behind",
      "no listener, timer",
      async function* (link, given) {
        setInterval(() => {}, 1_000).unref();
        yield* good(link, given);
      },
    ],
    [
      "listens once more with each item",
      "no listener, timer",
      async function* (link, given) {
        for await (const item of good(link, given)) {
          onAbort(link.signal, () => {});
          yield item;
        }
      },
    ],
    [
      "throws no problem",
      "as a problem",
      async function* () {
        yield* [];
        throw new Error("ECONNREFUSED");
      },
    ],
  ])("%s", { timeout: 60_000 }, async (_, law, open) => expect(await broken(laws(open), law)).toBeDefined());
});

describe("the laws of a source are broken by one that", () => {
  /** A source of numbers, in the order they were put; `flaws` are what it does wrong. */
  function source(
    flaws: Partial<
      Record<"settles" | "forgets" | "late" | "rejects" | "retries" | "floods" | "shuffles", true>
    >,
  ) {
    const stored: { value: number; done: boolean }[] = [];
    let last = 0;
    let wake = () => {};
    const open = async function* (link: Link<Delivery<number>>): AsyncGenerator<Delivery<number>> {
      link.up();
      const out = new Set<object>();
      const again: typeof stored = [];
      while (!link.signal.aborted) {
        const order = flaws.shuffles ? stored.toReversed() : stored;
        const next = again.shift() ?? order.find((each) => !each.done && !out.has(each));
        const full = !flaws.floods && stored.filter((each) => out.has(each) && !each.done).length >= 5;
        if (!next || full) {
          const pause = new Promise<void>((resolve) => (wake = resolve));
          await Promise.race([pause, rung(link.signal)]);
          continue;
        }
        out.add(next);
        if (flaws.forgets) next.done = true;
        let settled = false;
        yield {
          value: next.value,
          bytes: 1,
          settle: (outcome) => {
            if ((link.signal.aborted && !flaws.late) || (settled && !flaws.settles)) return;
            settled = true;
            if (outcome === "done" || (outcome === "reject" && !flaws.rejects)) next.done = true;
            else if (outcome === "retry") {
              if (flaws.settles) next.done = false;
              if (flaws.retries) next.done = true;
              else again.push(next);
            }
            wake();
          },
        };
      }
    };
    return {
      source: { open } satisfies Feed<Delivery<number>>,
      prefetch: 5,
      put: (count: number) => {
        const values = Array.from({ length: count }, () => ++last);
        stored.push(...values.map((value) => ({ value, done: false })));
        wake();
        return values;
      },
    };
  }

  it("nothing is broken by a good one", async () => {
    for (const law of sourceLaws(() => source({}))) await law.check();
  });

  it.each<[string, Parameters<typeof source>[0], string]>([
    ["takes back what was settled", { settles: true }, "second settling"],
    ["forgets what was not settled", { forgets: true }, "not settled when it was closed"],
    ["can be told after it was closed", { late: true }, "after it was closed"],
    ["gives again what was rejected", { rejects: true }, "done or rejected"],
    ["does not retry", { retries: true }, "to be retried"],
    ["has too much out", { floods: true }, "no more out"],
    ["mixes the order", { shuffles: true }, "in order"],
  ])("%s", async (_, flaws, law) => {
    expect(
      await broken(
        sourceLaws(() => source(flaws)),
        law,
      ),
    ).toBeDefined();
  });
});

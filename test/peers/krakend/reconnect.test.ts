import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { strategyOf } from "../../../src/agents/queue/adapt/amqp-source.ts";
import { patience, reconnectDelay, type Strategy } from "../../../src/agents/queue/reconnect.ts";
import { follow } from "../../../src/core/feed.ts";
import { Health } from "../../../src/core/health.ts";
import { LinkProblem } from "../../../src/core/problems.ts";
import { HandFeed } from "../../tools/hand-feed.ts";
import { vectors } from "../../tools/vectors.ts";

interface Delay {
  readonly strategy: string;
  readonly i: number;
  readonly delay_ms?: number;
  readonly min_ms?: number;
  readonly max_ms?: number;
}

interface Schedule {
  readonly id: string;
  readonly title: string;
  readonly strategy: string;
  readonly max_retries: number;
  /** How long each run lasts, in seconds; 0 where there is no connection, `up` where it stays. */
  readonly runs_s: readonly (number | "up")[];
  readonly delays_before_run_s: readonly number[];
  readonly next_delay_s?: number;
  readonly outcome: string;
}

interface Backoffs {
  readonly delays: readonly Delay[];
  readonly names: readonly { readonly name: string; readonly resolves_to: string }[];
  readonly schedules: readonly Schedule[];
}

const { delays, names, schedules } = vectors<Backoffs>("krakend-backoff.json");
/** What the vectors call by another name. */
const ours = (name: string) => (name === "fallback" ? "constant" : name) as Strategy;

describe("pauses before a connection", () => {
  it.each(delays)("$strategy, $i", ({ strategy, i, delay_ms, min_ms = delay_ms!, max_ms = delay_ms! }) => {
    const at = (random: number) => reconnectDelay(ours(strategy), i, () => random);
    expect([at(0), at(1 - Number.EPSILON / 2)]).toEqual([min_ms, max_ms]);
    expect(Number.isInteger(at(0.3))).toBe(true);
  });
});

it.each(names)("the strategy $name is $resolves_to", ({ name, resolves_to }) => {
  expect(strategyOf(name)).toBe(ours(resolves_to));
});

describe("a broker that comes and goes", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it.each(schedules)("$id: $title", async (schedule) => {
    const { strategy, max_retries: times, runs_s, delays_before_run_s, next_delay_s, outcome } = schedule;
    const run = followed(ours(strategy), times);
    const waits: number[] = [];
    for (const [i, lasts] of runs_s.entries()) {
      // The first pause, before anything failed, is left out.
      if (i > 0) waits.push(await run.waited(i + 1));
      if (lasts !== "up") await run.lasts(lasts);
    }
    expect(waits).toEqual(delays_before_run_s.slice(1));
    if (next_delay_s !== undefined) expect(await run.waited(runs_s.length + 1)).toBe(next_delay_s);
    await vi.advanceTimersByTimeAsync(0);
    expect(run.reason() ?? "goes on").toContain(
      /too many retries/.test(outcome) ? "too many retries" : "goes on",
    );
    run.end();
  });
});

it("pauses are bounded where the peer's are not, and by `max`", () => {
  const settings = { strategy: "exponential", times: 0 } as const;
  expect(patience({ ...settings, max: undefined }, true).backoff(20)).toBe(60_000);
  expect(patience({ ...settings, max: 5_000 }, false).backoff(20)).toBe(5_000);
  expect(patience({ ...settings, max: undefined }, false).backoff(11)).toBe(4_096_000);
  expect(patience({ ...settings, max: undefined }, false).backoff(2_000)).toBe(2 ** 31 - 1);
});

function followed(strategy: Strategy, times: number) {
  const feed = new HandFeed<string>();
  const life = new AbortController();
  const part = new Health().part("source");
  let why: string | undefined;
  const options = patience({ strategy, times, max: undefined }, false);
  void (async () => {
    for await (const _ of follow(feed, { ...options, signal: life.signal, part }));
  })().catch((error: Error) => (why = error.message));
  return {
    reason: () => why,
    end: () => life.abort(),
    async lasts(seconds: number) {
      if (seconds > 0) feed.up();
      await vi.advanceTimersByTimeAsync(seconds * 1_000);
      feed.break(new LinkProblem("connect_failed", "gone"));
    },
    /** Seconds until the link of that number is opened. */
    async waited(number: number): Promise<number> {
      const from = Date.now();
      await vi.advanceTimersByTimeAsync(0);
      for (let ms = 0; feed.links.length < number && ms < 60_000; ms += 100)
        await vi.advanceTimersByTimeAsync(100);
      return (Date.now() - from) / 1_000;
    },
  };
}

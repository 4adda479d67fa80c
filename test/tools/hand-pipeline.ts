import { afterEach, beforeEach, vi } from "vitest";
import type { Rejected, Sink } from "../../src/core/delivery.ts";
import { Health } from "../../src/core/health.ts";
import { Lifetime } from "../../src/core/life.ts";
import { Pipeline, type PipelineOptions } from "../../src/core/pipeline.ts";
import { LinkProblem, PartialProblem, type Problem, RejectedProblem } from "../../src/core/problems.ts";
import { delivery, HandFeed, type Recorded } from "./hand-feed.ts";

export const link = () => new LinkProblem("connect_failed", "gone");
export const never = () => new RejectedProblem("item_refused", "not that one");

/** A sink that answers as the test says, call by call, and otherwise takes everything. */
export class HandSink<T> implements Sink<T> {
  readonly writes: T[][] = [];
  readonly answers: (Error | Promise<void>)[] = [];

  async write(items: readonly T[]): Promise<void> {
    this.writes.push([...items]);
    const answer = this.answers.shift();
    if (answer instanceof Error) throw answer;
    await answer;
  }
}

export type Options = Partial<PipelineOptions<string, string>>;

export function pipeline(options: Options = {}) {
  const source = new HandFeed<Recorded<string>>();
  const sink = new HandSink<string>();
  const rejected = new HandSink<Rejected<string>>();
  const health = new Health();
  const life = new Lifetime();
  const subject = new Pipeline<string>({
    source,
    sink,
    rejected,
    transform: (value) => {
      if (value === "bad") throw never();
      return value === "unwanted" ? undefined : value;
    },
    batch: { items: 1, bytes: 1_000, window: 1_000 },
    workers: 1,
    retries: 2,
    health,
    backoff: (failures) => (failures + 1) * 100,
    ...options,
  });
  const ended = subject.run(life);
  ended.catch(() => {});
  const give = (...values: string[]) => {
    const all = values.map((value) => delivery(value));
    source.give(...all);
    return all;
  };
  return { source, sink, rejected, health, life, subject, ended, give };
}

export const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
export const outcomes = (all: readonly Recorded<string>[]) => all.map((each) => each.outcomes);
export const partial = (problems: Record<number, Problem>) =>
  new PartialProblem(new Map(Object.entries(problems).map(([index, problem]) => [Number(index), problem])));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

import type { Backoff } from "./backoff.ts";
import type { Part } from "./health.ts";
import { sleep, Within } from "./life.ts";
import { DeniedProblem, LinkProblem, type Problem } from "./problems.ts";

/** Something outside that keeps yielding: a source of truth, or a source of work. */
export interface Feed<T> {
  /** The origin is this process or its disk, so whoever follows it is never behind. Default false. */
  readonly local?: boolean;
  /**
   * Connect, then yield until the signal aborts. Throw a Problem when the link breaks.
   * Yields nothing after the signal rang, and ends within a second of it.
   */
  open(link: Link<T>): AsyncIterable<T>;
  /** Connect and let go again, taking nothing. Throws what `open` would throw. */
  probe?(signal: AbortSignal): Promise<void>;
}

/** One opening of a feed. */
export interface Link<T> {
  readonly signal: AbortSignal;
  /** The last item already taken: continue after it. */
  readonly after: T | undefined;
  /** Call when connected, and again on every sign of life — also when nothing is new. */
  up(): void;
}

export interface FollowOptions<T> {
  /** Following ends when this rings. */
  readonly signal: AbortSignal;
  readonly part: Part;
  readonly backoff: Backoff;
  /** Continue after this item. */
  readonly after?: T | undefined;
  /** The wait after a `DeniedProblem`, in milliseconds. Default 60,000. */
  readonly denied?: number;
}

/** A link that held this long, in milliseconds, was a good one: the backoff starts over. */
const HELD = 5_000;

/**
 * Follows a feed for ever: reopens it with backoff whenever it breaks, and says so on the part.
 * A feed that ends by itself is reopened too. What is no link trouble is thrown: it is a defect, or a verdict
 * that somebody else must take.
 */
export async function* follow<T>(feed: Feed<T>, options: FollowOptions<T>): AsyncGenerator<T, void> {
  const { signal, part } = options;
  let after = options.after;
  let failures = 0;
  while (!signal.aborted) {
    const opened = performance.now();
    const within = new Within(signal);
    part.connecting();
    try {
      for await (const item of feed.open({ signal: within.signal, after, up: () => part.up() })) {
        part.up();
        yield item;
        after = item;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof LinkProblem || error instanceof DeniedProblem)) throw error;
      if (performance.now() - opened >= HELD) failures = 0;
      const wait = waitAfter(error, failures++, options);
      part.down(error, Date.now() + wait);
      await sleep(wait, signal);
      continue;
    } finally {
      within.end();
    }
    // It ended of its own accord; without a pause, a feed that always ends at once would spin.
    if (performance.now() - opened < HELD) await sleep(options.backoff(failures++), signal);
  }
}

function waitAfter<T>(problem: Problem, failures: number, options: FollowOptions<T>): number {
  if (problem.retryAfter !== undefined) return problem.retryAfter;
  return problem instanceof DeniedProblem ? (options.denied ?? 60_000) : options.backoff(failures);
}

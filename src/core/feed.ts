import { type Patience, waitAfter } from "./backoff.ts";
import type { Part } from "./health.ts";
import { rung, Within } from "./life.ts";
import { DeniedProblem, isTrouble, type Problem } from "./problems.ts";

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
  /** Resolves when somebody does not want to wait for the next try, or when the signal rings. */
  hurried?(signal: AbortSignal): Promise<void>;
}

/** One opening of a feed. */
export interface Link<T> {
  readonly signal: AbortSignal;
  /** The last item already taken: continue after it. */
  readonly after: T | undefined;
  /** Call when connected, and again on every sign of life — also when nothing is new. */
  up(): void;
}

export interface FollowOptions<T> extends Patience {
  /** A wait that the other side asked for counts up to this, in milliseconds. Default: without end. */
  readonly asked?: number;
  /** Following ends when this rings. */
  readonly signal: AbortSignal;
  readonly part: Part;
  /** Continue after this item. */
  readonly after?: T | undefined;
  /** Give up when so many tries after the first have failed as well, with no good link among them. Default: never. */
  readonly retries?: number | undefined;
}

/** A link that was up for longer than this, in milliseconds, was a good one: the backoff starts over. */
const HELD = 5_000;

/**
 * Follows a feed for ever: reopens it with backoff whenever it breaks, and says so on the part.
 * A feed that ends by itself is reopened too. What is no link trouble is thrown: it is a defect, or a verdict
 * that somebody else must take. Throws DeniedProblem when it has given up.
 */
export async function* follow<T>(feed: Feed<T>, options: FollowOptions<T>): AsyncGenerator<T, void> {
  const { signal, part } = options;
  // Nobody's item waits meanwhile, and who is asked for all that he knows may say when.
  const patient = { asked: Number.POSITIVE_INFINITY, ...options };
  let after = options.after;
  let failures = 0;
  while (!signal.aborted) {
    const within = new Within(signal);
    // From the first sign of life, not from opening: trying in vain for long is no good link.
    let upSince = Number.POSITIVE_INFINITY;
    const up = () => {
      upSince = Math.min(upSince, performance.now());
      part.up();
    };
    let trouble: Problem | undefined;
    part.connecting();
    try {
      for await (const item of feed.open({ signal: within.signal, after, up })) {
        up();
        yield item;
        after = item;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!isTrouble(error)) throw error;
      trouble = error;
    } finally {
      within.end();
    }
    const held = performance.now() - upSince > HELD;
    if (held) failures = 0;
    // One that ended of its own accord after a good while is opened again at once.
    if (held && !trouble) continue;
    const wait = trouble ? waitAfter(trouble, failures, patient) : options.backoff(failures);
    failures++;
    if (failures > (options.retries ?? Number.POSITIVE_INFINITY)) throw gaveUp(failures, part, trouble);
    if (trouble) part.down(trouble, Date.now() + wait);
    const patience = new Within(signal, wait);
    await (feed.hurried?.(patience.signal) ?? rung(patience.signal));
    patience.release();
  }
}

function gaveUp(tries: number, part: Part, trouble: Problem | undefined): DeniedProblem {
  const reason = trouble ? `: ${trouble.message}` : "";
  const problem = new DeniedProblem("gave_up", `too many retries, gave up after ${tries} tries${reason}`, {
    cause: trouble,
  });
  part.down(problem);
  return problem;
}

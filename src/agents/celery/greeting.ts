import { type Backoff, waitAfter } from "../../core/backoff.ts";
import type { Part } from "../../core/health.ts";
import { InnerLife, type Life, later, onAbort, sleep } from "../../core/life.ts";
import { isTrouble } from "../../core/problems.ts";

/**
 * How long a line that is told to stop tries to post what it holds, in milliseconds. After that the broker, or the spool,
 * has it still, and whoever told us to stop does not wait for a Leek that is away.
 */
const FLUSH = 5_000;

/** Looks before the first event comes whether somebody would take it, so that the trouble is seen in time. */
export async function greeted(
  greet: (signal: AbortSignal) => Promise<void>,
  part: Part,
  backoff: Backoff,
  { stop }: Life,
): Promise<void> {
  for (let failures = 0; !stop.aborted && part.state !== "up"; failures++) {
    try {
      await greet(stop);
      part.up();
    } catch (error) {
      if (stop.aborted) return;
      if (!isTrouble(error)) throw error;
      const wait = waitAfter(error, failures, { backoff, denied: backoff(failures) });
      part.down(error, Date.now() + wait);
      await sleep(wait, stop);
    }
  }
}

/** Runs something that is killed soon after it was told to stop. */
export async function inTime(life: Life, run: (life: Life) => Promise<void>): Promise<void> {
  const short = new InnerLife(life);
  let timer: NodeJS.Timeout | undefined;
  const forget = onAbort(life.stop, () => {
    timer = later(FLUSH, () => short.ringKill("stopped"));
  });
  try {
    await run(short);
  } finally {
    clearTimeout(timer);
    forget();
    short.release();
  }
}

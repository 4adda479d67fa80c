import { Within } from "../../../core/life.ts";
import type { Backend, Layer } from "./call.ts";
import type { Surroundings } from "./surroundings.ts";

/** So many calls of a shadow may be under way; beyond, events go without one. */
const MOST = 1_000;

/**
 * Gives each event to other backends as well. Nobody waits for them, and what becomes of it counts for nothing.
 * Those still under way when the agent ends are cut off. Source: krakend-async §5.20.
 * @param timeout in milliseconds
 */
export function shadowed(other: Backend, timeout: number, { owns, log }: Surroundings): Layer {
  const end = new AbortController();
  const running = new Set<Promise<void>>();
  let full = false;
  const hasRoom = () => {
    if (running.size >= MOST && !full)
      log.warn({ calls: MOST }, "a shadow backend is too slow, events go without it");
    full = running.size >= (full ? MOST / 2 : MOST);
    return !full;
  };
  owns({
    close: async () => {
      end.abort("stopped");
      await Promise.all(running);
    },
  });
  return (next) => (call, signal) => {
    if (!hasRoom()) return next(call, signal);
    const within = new Within(end.signal, timeout);
    const run = other(call, within.signal)
      .then(
        () => {},
        (error: unknown) => log.error({ err: error }, "a shadow backend fell"),
      )
      .finally(() => {
        within.release();
        running.delete(run);
      });
    running.add(run);
    return next(call, signal);
  };
}

import type { Rejected, Sink } from "../../core/delivery.ts";
import type { Log } from "../../core/log.ts";
import { PartialProblem, RejectedProblem } from "../../core/problems.ts";
import type { Event } from "./event.ts";
import { eventId } from "./event-id.ts";

/** Where rejected events are kept. */
export type Aside = Sink<Rejected<Event>> & { close?(): Promise<void> };

/**
 * A place elsewhere for rejected events, with a file of ours behind it. What that place refuses for ever (no queue
 * takes it, it is too large) would be kept nowhere; it goes to the file, with both reasons. What that place cannot take
 * now is trouble, and waits.
 */
export function withLastResort(
  target: Aside,
  file: Aside,
  { path, log }: { readonly path: string; readonly log: Log },
): Aside {
  return {
    ...target,
    async write(items, signal) {
      const failed = await failures(target, items, signal);
      const refused = items.flatMap((item, index) => {
        const problem = failed.get(index);
        return problem instanceof RejectedProblem ? [{ ...item, reason: both(item, problem) }] : [];
      });
      if (refused.length > 0) await file.write(refused, signal);
      for (const { value, reason } of refused) {
        log.warn(
          { event: eventId(value), file: path },
          `kept in ${path}, which nobody else would take: ${reason}`,
        );
      }
      const others = [...failed].filter(([, problem]) => !(problem instanceof RejectedProblem));
      if (others.length > 0) throw new PartialProblem(new Map(others));
    },
  };
}

/** What became of each item that did not arrive. Throws what is about none of them. */
async function failures(target: Aside, items: readonly Rejected<Event>[], signal: AbortSignal) {
  try {
    await target.write(items, signal);
    return new Map<number, never>();
  } catch (error) {
    if (error instanceof PartialProblem) return error.failed;
    if (error instanceof RejectedProblem) return new Map(items.map((_, index) => [index, error]));
    throw error;
  }
}

function both({ reason }: Rejected<Event>, problem: RejectedProblem): string {
  return `${reason}; and where rejected events go it was refused: ${problem.message}`;
}

import type { Delivery, Outcome } from "../../core/delivery.ts";
import type { Feed, Link } from "../../core/feed.ts";

/**
 * The events of messages as deliveries of their own, so that each goes its own way. A message is settled when all its
 * events are: `retry` if one of them is, else `done`, for what is rejected was kept elsewhere. One without events is
 * done at once.
 */
export function exploded<M, E>(
  source: Feed<Delivery<M>>,
  read: (message: M) => readonly E[],
): Feed<Delivery<E>> {
  return {
    ...(source.local === undefined ? {} : { local: source.local }),
    open: (link: Link<Delivery<E>>) => explode(source.open({ ...link, after: undefined }), read, link.signal),
    probe: async (signal) => source.probe?.(signal),
  };
}

async function* explode<M, E>(
  messages: AsyncIterable<Delivery<M>>,
  read: (message: M) => readonly E[],
  signal: AbortSignal,
): AsyncGenerator<Delivery<E>> {
  for await (const message of messages) {
    const events = read(message.value);
    if (events.length === 0) await message.settle("done");
    const settle = jointly(message, events.length);
    const bytes = Math.ceil(message.bytes / Math.max(1, events.length));
    for (const value of events) {
      if (signal.aborted) return;
      yield { value, bytes, settle: once(settle) };
    }
  }
}

type Settle = (outcome: Outcome, reason?: unknown) => void | Promise<void>;

/** Settles a message with the last of its events. */
function jointly<M>(message: Delivery<M>, events: number): Settle {
  let open = events;
  let again: unknown;
  let retry = false;
  return (outcome, reason) => {
    if (outcome === "retry") [retry, again] = [true, reason];
    if (--open === 0) return message.settle(retry ? "retry" : "done", again);
  };
}

function once(settle: Settle): Settle {
  let settled = false;
  return (outcome, reason) => {
    if (settled) return;
    settled = true;
    return settle(outcome, reason);
  };
}

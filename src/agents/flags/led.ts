import type { Feed, Link } from "../../core/feed.ts";
import { Within } from "../../core/life.ts";
import type { News } from "./dataset.ts";

/** Whether this agent is the one who follows the server now. */
export interface Leadership {
  readonly leads: boolean;
  /** Resolves when it is, or when the signal rings. */
  led(signal: AbortSignal): Promise<void>;
  /** Calls back at each change. @returns a function that ends it */
  watch(changed: (leads: boolean) => void): () => void;
}

/** A feed that is only followed while this agent leads. */
export function whileLeading(feed: Feed<News>, leadership: Leadership): Feed<News> {
  return {
    ...(feed.hurried && { hurried: (signal: AbortSignal) => feed.hurried!(signal) }),
    async *open(link: Link<News>): AsyncGenerator<News> {
      await leadership.led(link.signal);
      if (link.signal.aborted) return;
      const within = new Within(link.signal);
      const forget = leadership.watch((leads) => {
        if (!leads) within.end();
      });
      try {
        yield* feed.open({ signal: within.signal, after: link.after, up: () => link.up() });
      } finally {
        forget();
        within.end();
      }
    },
  };
}

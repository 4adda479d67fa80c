import type { CeleryEvent, WorkerEvent } from "./event.ts";

/** What we know of one process of a worker. */
interface Known {
  pid: number;
  /** What its heartbeat said when we first heard it. */
  base: number | undefined;
  /** What the heartbeat before the last one has added to that. */
  due: number;
  last: number;
  /** `task-started` events since. */
  started: number;
}

/** What a worker's heartbeats say about its events. */
export interface Gap {
  readonly worker: string;
  /** Tasks that it says it has accepted since we listen, but for the last heartbeat's. */
  readonly accepted: number;
  readonly started: number;
  readonly missing: number;
}

const MOST = 10_000;

/**
 * Finds events that never reached us: a worker's heartbeat says how many tasks it has accepted (`processed`), and for
 * each there has to be a `task-started` event. A heartbeat counts only when the next one has come, because events may be
 * a little late. Source: leek §12.2.
 */
export class Gaps {
  readonly #workers = new Map<string, Known>();

  see(event: CeleryEvent): void {
    const { hostname } = event;
    if (hostname === undefined) return;
    if (event.type === "task-started") this.#started(hostname, event.pid);
    else if (event.type === "worker-heartbeat" || event.type === "worker-online")
      this.#beat(event as WorkerEvent);
  }

  get missing(): number {
    let sum = 0;
    for (const known of this.#workers.values()) sum += missingOf(known);
    return sum;
  }

  /** Workers that miss some. One of whose tasks nothing was ever heard sends no task events. */
  list(): Gap[] {
    return [...this.#workers]
      .filter(([, known]) => missingOf(known) > 0)
      .map(([worker, known]) => ({
        worker,
        accepted: known.due,
        started: known.started,
        missing: missingOf(known),
      }));
  }

  #started(hostname: string, pid: number): void {
    const known = this.#workers.get(hostname);
    if (known && known.pid === pid && known.base !== undefined) known.started++;
  }

  #beat({ hostname, pid, processed }: WorkerEvent): void {
    if (processed === undefined) return;
    const known = this.#workers.get(hostname);
    if (!known || known.pid !== pid || processed < (known.base ?? 0) + known.last) {
      if (this.#workers.size >= MOST && !known) return;
      this.#workers.set(hostname, { pid, base: processed, due: 0, last: 0, started: 0 });
      return;
    }
    known.due = known.last;
    known.last = processed - known.base!;
  }
}

function missingOf({ due, started }: Known): number {
  return Math.max(0, due - started);
}

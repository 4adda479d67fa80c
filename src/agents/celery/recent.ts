import { type CeleryEvent, isTask } from "./event.ts";

/** How long an event is remembered, in milliseconds, and how many at most. */
const LONG = 10 * 60_000;
const MOST = 200_000;

/**
 * Remembers events that were stored, so that those which a broker gives once more are not counted twice. Two halves:
 * when the newer one is old or full, the older one is forgotten.
 */
export class Recent {
  #newer = new Set<string>();
  #older = new Set<string>();
  #since = performance.now();

  add(event: CeleryEvent): void {
    const now = performance.now();
    if (this.#newer.size >= MOST / 2 || now - this.#since >= LONG / 2) {
      this.#older = this.#newer;
      this.#newer = new Set();
      this.#since = now;
    }
    this.#newer.add(identity(event));
  }

  has(event: CeleryEvent): boolean {
    const key = identity(event);
    return this.#newer.has(key) || this.#older.has(key);
  }
}

/** What makes two events the same. Source: leek §9.2. */
function identity(event: CeleryEvent): string {
  const { hostname = "", pid, clock, type } = event;
  return `${type} ${clock} ${pid} ${isTask(event) ? event.uuid : ""} ${hostname}`;
}

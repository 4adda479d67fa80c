import type { Delivery } from "../../core/delivery.ts";
import type { Link } from "../../core/feed.ts";
import { later, onAbort } from "../../core/life.ts";
import { type Handful, handfuls, oneByOne, type Source } from "../../core/source.ts";
import type { Event } from "./event.ts";
import { eventId } from "./event-id.ts";

/** The first pause before an event that comes again is given back once more, and the longest, in milliseconds. */
const FIRST = 100;
const LONGEST = 30_000;

/** So many events are remembered that came again. */
const MOST = 10_000;

/**
 * A source to which rejected events are given back. One that had been given back before waits a while first, and
 * longer each time: a single event that can never succeed would otherwise keep broker, backend and us busy all day
 * (the peer called its backend 2,400 times a second for it). Nobody waits with it.
 * Source: krakend-async §11.1, "loop brake".
 */
export class Requeueing implements Source<Event> {
  readonly #source: Source<Event>;
  readonly #brakes: boolean;
  /** How often events came again, the ones longest ago first. */
  readonly #again = new Map<string, number>();

  constructor(source: Source<Event>, brakes: boolean) {
    this.#source = source;
    this.#brakes = brakes;
  }

  open(link: Link<Delivery<Event>>): AsyncGenerator<Delivery<Event>> {
    return oneByOne(this.handfuls(link));
  }

  async *handfuls(link: Link<Delivery<Event>>): AsyncGenerator<Handful<Event>> {
    const waiting = new Waiting();
    const forget = onAbort(link.signal, () => waiting.end());
    try {
      for await (const handful of handfuls(this.#source, link)) yield this.#each(handful, waiting);
    } finally {
      forget();
      waiting.end();
    }
  }

  async probe(signal: AbortSignal): Promise<void> {
    await this.#source.probe?.(signal);
  }

  *#each(handful: Handful<Event>, waiting: Waiting): Generator<Delivery<Event>> {
    for (const delivery of handful) yield this.#wrapped(delivery, waiting);
  }

  #wrapped(delivery: Delivery<Event>, waiting: Waiting): Delivery<Event> {
    const { value, bytes } = delivery;
    return {
      value,
      bytes,
      settle: (outcome, reason) => {
        if (outcome === "done") this.#done(value);
        if (outcome !== "reject") return delivery.settle(outcome, reason);
        const ms = this.#brakes ? this.#pause(value) : 0;
        if (ms === 0) return delivery.settle("retry", reason);
        // A source that cannot be told gives it again.
        waiting.put(ms, () => void Promise.resolve(delivery.settle("retry", reason)).catch(() => {}));
        return undefined;
      },
    };
  }

  #done(event: Event): void {
    if (this.#again.size > 0 && event.redelivered) this.#again.delete(eventId(event));
  }

  #pause(event: Event): number {
    const id = eventId(event);
    const times = this.#again.get(id) ?? 0;
    this.#again.delete(id);
    this.#again.set(id, times + 1);
    if (this.#again.size > MOST) this.#again.delete(this.#again.keys().next().value!);
    const first = times === 0 && !event.redelivered;
    return first ? 0 : Math.min(LONGEST, FIRST * 2 ** Math.min(times, 20));
  }
}

/** Events of one link that wait before they are given back. Those that still wait in the end are given again anyway. */
class Waiting {
  readonly #timers = new Set<NodeJS.Timeout>();
  #ended = false;

  put(ms: number, giveBack: () => void): void {
    if (this.#ended) return;
    const timer = later(ms, () => {
      this.#timers.delete(timer);
      giveBack();
    });
    this.#timers.add(timer);
  }

  end(): void {
    this.#ended = true;
    for (const timer of this.#timers) clearTimeout(timer);
  }
}

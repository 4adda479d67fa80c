/** Somebody who asks for a service's state: one HAProxy process, most of the time. */
export interface Poller {
  readonly address: string;
  readonly service: string;
  /** Milliseconds since 1970. */
  first: number;
  last: number;
  polls: number;
  /** The longest pause between two polls, in milliseconds. */
  gap: number;
  /** Which answer it got last; see `Service.generation`. */
  generation: number;
}

/** A poller that stayed away for so many of its gaps is gone. */
const GONE_AFTER = 3;
/** No gap is taken for shorter than this, in milliseconds: HAProxy's default pause. */
const LEAST_GAP = 2_000;
/** Who came only once may come again after this, in milliseconds. */
const UNKNOWN_GAP = 30_000;
/** More pollers than this are not told apart. */
const MOST = 10_000;

/** Who asks, how often, and what they were told. */
export class Pollers {
  readonly #pollers = new Map<string, Poller>();

  polled(address: string, service: string, generation: number): void {
    const now = Date.now();
    const key = `${address} ${service}`;
    const poller = this.#pollers.get(key);
    // An absence is no gap: whoever was away begins anew.
    if (poller && !isGone(poller, now)) {
      poller.gap = Math.max(poller.gap, now - poller.last);
      poller.last = now;
      poller.polls++;
      poller.generation = generation;
    } else if (poller || this.#pollers.size < MOST || this.present().length < MOST) {
      this.#pollers.set(key, { address, service, first: now, last: now, polls: 1, gap: 0, generation });
    }
  }

  /** Those who still come; the others are forgotten. */
  present(): Poller[] {
    const now = Date.now();
    for (const [key, poller] of this.#pollers) if (isGone(poller, now)) this.#pollers.delete(key);
    return [...this.#pollers.values()];
  }

  /** The longest pause seen among a service's pollers, in milliseconds. */
  longestGap(service: string): number {
    let longest = 0;
    for (const poller of this.#pollers.values()) {
      if (poller.service === service) longest = Math.max(longest, poller.gap);
    }
    return longest;
  }
}

function isGone({ polls, last, gap }: Poller, now: number): boolean {
  return now - last > GONE_AFTER * (polls === 1 ? UNKNOWN_GAP : Math.max(gap, LEAST_GAP));
}

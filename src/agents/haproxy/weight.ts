/** How loads become a weight. All times in milliseconds, loads from 0 (idle) to 1 (at the limit). */
export interface WeightOptions {
  /** The time constant of smoothing: after it, a sudden change has arrived to 63 %. */
  readonly smooth: number;
  readonly combine: "max" | "mean";
  /** Percent at full load and at no load. */
  readonly min: number;
  readonly max: number;
  /** Smaller changes are not published, in points. */
  readonly step: number;
  /** How far a published weight may rise at once, in points. Falling is immediate. */
  readonly rise: number;
  /** An input that was silent this long is stale. */
  readonly staleAfter: number;
  /** With every input stale: keep the last weight, leave it out, or take this number. */
  readonly whenStale: "keep" | "omit" | number;
}

interface Input {
  smoothed: number;
  at: number;
}

/**
 * A weight from measured loads. Smoothing keeps a spike from swinging it, the step keeps it from trembling, and the
 * slow rise keeps several servers from swinging together.
 */
export class WeightEngine {
  readonly #options: WeightOptions;
  readonly #inputs = new Map<string, Input>();
  /** The published weight in percent; undefined says nothing. */
  published: number | undefined;

  constructor(options: WeightOptions) {
    this.#options = options;
  }

  /** Takes a sample of one input; `now` in milliseconds of any steady clock. What is no number is no sample. */
  sample(name: string, load: number, now: number): void {
    if (!Number.isFinite(load)) return;
    const clamped = Math.min(1, Math.max(0, load));
    const input = this.#inputs.get(name);
    if (!input) {
      this.#inputs.set(name, { smoothed: clamped, at: now });
      return;
    }
    const share = 1 - Math.exp(-(now - input.at) / this.#options.smooth);
    input.smoothed += share * (clamped - input.smoothed);
    input.at = now;
  }

  /** Publishes what the inputs make now. @returns whether the published weight changed */
  publish(now: number): boolean {
    const next = this.#next(this.#load(now));
    if (next === this.published) return false;
    this.published = next;
    return true;
  }

  /** The inputs that are not stale, combined. */
  #load(now: number): number | undefined {
    const fresh = [...this.#inputs.values()].filter(({ at }) => now - at <= this.#options.staleAfter);
    if (fresh.length === 0) return undefined;
    const loads = fresh.map(({ smoothed }) => smoothed);
    if (this.#options.combine === "max") return Math.max(...loads);
    return loads.reduce((sum, load) => sum + load, 0) / loads.length;
  }

  #next(load: number | undefined): number | undefined {
    const { min, max, step, rise, whenStale } = this.#options;
    if (load === undefined) {
      if (whenStale === "omit") return undefined;
      return whenStale === "keep" ? this.published : whenStale;
    }
    const target = Math.round(min + (1 - load) * (max - min));
    if (this.published === undefined) return target;
    const atBound = target === min || target === max;
    if (Math.abs(target - this.published) < step && !atBound) return this.published;
    return Math.min(target, this.published + rise);
  }
}

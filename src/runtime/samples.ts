/** How many samples are kept of each agent: a quarter of an hour. */
export const KEPT = 180;

/** Rate, errors, latency and age, as they go over the wire. */
export type Figures = readonly [rate: number, errors: number, latency: number | null, age: number | null];

const WIDTH = 4;

/** Of an agent that has nothing to do. */
const RESTING: Figures = [0, 0, null, 0];

/**
 * The last samples of one agent, by the number of their round. Most agents rest most of the time: there is no room for
 * samples before the first that differs from rest.
 */
export class Samples {
  readonly #began: number;
  #ring: Float32Array | undefined;

  /** @param began the round of the first sample */
  constructor(began: number) {
    this.#began = began;
  }

  put(round: number, figures: Figures): void {
    if (!this.#ring && figures.every((figure, i) => figure === RESTING[i])) return;
    this.#ring ??= this.#rested(round);
    this.#write(this.#ring, round, figures);
  }

  /** @returns undefined for a round before the first */
  at(round: number): Figures | undefined {
    if (round < this.#began) return undefined;
    if (!this.#ring) return RESTING;
    const at = (index: number) => this.#ring![(round % KEPT) * WIDTH + index]!;
    const known = (value: number) => (Number.isNaN(value) ? null : value);
    return [at(0), at(1), known(at(2)), known(at(3))];
  }

  #rested(until: number): Float32Array {
    const ring = new Float32Array(KEPT * WIDTH);
    for (let round = Math.max(this.#began, until - KEPT); round < until; round++)
      this.#write(ring, round, RESTING);
    return ring;
  }

  #write(ring: Float32Array, round: number, figures: Figures): void {
    const at = (round % KEPT) * WIDTH;
    for (const [index, figure] of figures.entries()) ring[at + index] = figure ?? Number.NaN;
  }
}

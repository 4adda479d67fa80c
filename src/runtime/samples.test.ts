import { describe, expect, it } from "vitest";
import { type Figures, KEPT, Samples } from "./samples.ts";

const rest: Figures = [0, 0, null, 0];
const busy: Figures = [2.5, 1, 4, 8];

describe("the samples of an agent", () => {
  it("are what was put, from the round in which it began", () => {
    const samples = new Samples(3);
    const put = [rest, rest, busy, rest, [0, 0, null, null] as Figures];
    for (const [i, figures] of put.entries()) samples.put(3 + i, figures);
    expect(samples.at(2)).toBeUndefined();
    expect(put.map((_, i) => samples.at(3 + i))).toEqual(put);
  });

  it("go round: an old one gives its place to a new one, also after a long rest", () => {
    const samples = new Samples(0);
    for (let round = 0; round < 3 * KEPT; round++) samples.put(round, rest);
    samples.put(3 * KEPT, busy);
    expect(samples.at(2 * KEPT + 1)).toEqual(rest);
    expect(samples.at(3 * KEPT)).toEqual(busy);
    for (let round = 1; round < KEPT; round++) samples.put(3 * KEPT + round, busy);
    expect(samples.at(3 * KEPT + 1)).toEqual(busy);
  });
});

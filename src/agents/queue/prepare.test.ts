import { describe, expect, it } from "vitest";
import { RejectedProblem } from "../../core/problems.ts";
import { Deduper } from "./dedupe.ts";
import { type Event, plainEvent } from "./event.ts";
import { Preparation } from "./prepare.ts";
import { SeenInMemory } from "./seen.ts";

const event = (messageId: string): Event => ({ ...plainEvent(Buffer.from("{}")), properties: { messageId } });
const [a, b] = [event("a"), event("b")];

function preparation(transform?: (event: Event) => Promise<Event>): Preparation {
  const deduper = new Deduper("{id}", new SeenInMemory({ ttl: 60_000, most: 10 }));
  return new Preparation({ wanted: undefined, deduper, transform });
}

describe("Preparation", () => {
  it("drops what was delivered, and lets come again what was not", async () => {
    const prepared = preparation();
    await prepared.begin(a);
    await prepared.begin(b);
    await prepared.around([a, b], async () => [b]);
    expect([await prepared.begin(a), await prepared.begin(b)]).toEqual(["duplicate", b]);
    const problem = new RejectedProblem("item_refused", "no");
    await expect(prepared.around([b], () => Promise.reject(problem))).rejects.toBe(problem);
    expect(await prepared.begin(b)).toBe(b);
  });

  it("lets come again what could not be transformed", async () => {
    const problem = new RejectedProblem("item_refused", "no");
    const prepared = preparation(() => Promise.reject(problem));
    for (let i = 0; i < 2; i++) await expect(prepared.begin(a)).rejects.toBe(problem);
  });
});

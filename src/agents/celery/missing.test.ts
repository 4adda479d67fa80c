import { describe, expect, it } from "vitest";
import { started } from "../../../test/tools/celery-event.ts";
import { Gaps } from "./gaps.ts";
import { Recent } from "./recent.ts";
import { losses } from "./sources.ts";

describe("what is missing", () => {
  it("shows in the numbers of chunks, and what comes again is no loss", () => {
    const loss = losses();
    const chunk = (first: number, count: number, run = "a") => ({
      run,
      first,
      messages: Array.from({ length: count }, () => ({ channel: "", payload: "" })),
    });
    const seen = [chunk(5, 5), chunk(10, 5), chunk(5, 5), chunk(20, 5), chunk(0, 5, "b"), chunk(15, 5)];
    expect(seen.map(loss)).toEqual([0, 0, 0, 5, 0, 0]);
  });

  it("shows in the heartbeats of workers", () => {
    const gaps = new Gaps();
    const beat = (processed: number, pid = 1) =>
      gaps.see({
        ...started,
        type: "worker-heartbeat",
        pid,
        processed,
        freq: 2,
        sw_ident: "",
        sw_ver: "",
        sw_sys: "",
      });
    const start = (count: number) => {
      for (let n = 0; n < count; n++) gaps.see(started as never);
    };
    beat(100);
    start(10);
    beat(110);
    beat(110);
    expect(gaps.missing).toBe(0);
    start(7);
    beat(120);
    // The last heartbeat counts only with the next: its events may still be on their way.
    expect(gaps.missing).toBe(0);
    beat(120);
    expect(gaps.list()).toEqual([{ worker: "w", accepted: 20, started: 17, missing: 3 }]);
    beat(0, 2);
    expect(gaps.missing).toBe(0);
  });

  it("is no event that was stored a short while ago", () => {
    const recent = new Recent();
    recent.add(started as never);
    expect(recent.has({ ...started } as never)).toBe(true);
    expect(recent.has({ ...started, clock: 2 } as never)).toBe(false);
  });
});

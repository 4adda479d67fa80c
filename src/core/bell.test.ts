import { describe, expect, it } from "vitest";
import { Bell } from "./bell.ts";
import { settlesWithin } from "./life.ts";

describe("Bell", () => {
  it("wakes who waits", async () => {
    const bell = new Bell();
    const woken = bell.rung();
    bell.ring();
    await woken;
  });

  it("keeps a ring for the next who waits, once", async () => {
    const bell = new Bell();
    bell.ring();
    bell.ring();
    await bell.rung();
    expect(await settlesWithin(5, bell.rung())).toBe(false);
  });

  it("lets go of who waits when a signal rings, and keeps a ring that comes after", async () => {
    const bell = new Bell();
    const patience = new AbortController();
    const waiting = bell.rung(patience.signal);
    patience.abort();
    await waiting;
    bell.ring();
    await bell.rung(patience.signal);
    await bell.rung();
    expect(await settlesWithin(5, bell.rung())).toBe(false);
  });
});

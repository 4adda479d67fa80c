import { describe, expect, test } from "vitest";
import { compose, serves, standingOf, type Voices, words } from "./state.ts";

const calm: Voices = {
  file: { status: "UP" },
  override: undefined,
  verdict: { says: "up", reason: undefined },
  weight: undefined,
  leaving: false,
};
const say = (voices: Partial<Voices>) => compose({ ...calm, ...voices });

describe("what is said in the end", () => {
  test("nothing before the file was read", () => {
    expect(say({ file: undefined, leaving: true })).toBeUndefined();
  });

  test("an override comes before the file, and keeps what it does not name", () => {
    const override = { status: "MAINT", reason: "disk", until: undefined } as const;
    expect(say({ file: { status: "UP", weight: 5, maxconn: 7, reason: "old" }, override })).toEqual({
      status: "MAINT",
      weight: 5,
      maxconn: 7,
      reason: "disk",
    });
  });

  test("votes take a serving state away, with their reason", () => {
    const verdict = { says: "down", reason: "no answer" } as const;
    expect(say({ verdict })).toMatchObject({ status: "DOWN", reason: "no answer" });
    expect(say({ verdict: { ...verdict, says: "drain" } })).toMatchObject({ status: "DRAIN" });
  });

  test.each(words.filter((status) => !serves({ status })))(
    "votes and leaving change nothing in %s",
    (status) => {
      const verdict = { says: "down", reason: "no answer" } as const;
      expect(say({ file: { status }, verdict, leaving: true })?.status).toBe(status);
    },
  );

  test("leaving drains, and a bad vote is worse than that", () => {
    expect(say({ leaving: true })).toMatchObject({ status: "DRAIN", reason: "stopping" });
    const verdict = { says: "down", reason: "no answer" } as const;
    expect(say({ leaving: true, verdict })).toMatchObject({ status: "DOWN" });
  });
});

describe("a measured weight", () => {
  test.each([
    [undefined, 40, 40],
    [100, 40, 40],
    [50, 40, 20],
    [10, 4, 1],
    [1, 10, 1],
    [0, 40, 0],
  ])("of a stated %s, %i %% are %i", (stated, weight, said) => {
    expect(say({ file: { status: "UP", weight: stated }, weight })?.weight).toBe(said);
  });

  test("leaves a stated weight alone while nothing is measured", () => {
    expect(say({ file: { status: "UP", weight: 7 } })?.weight).toBe(7);
  });
});

test("every word is a health and an admin state", () => {
  expect(Object.fromEntries(words.map((word) => [word, Object.values(standingOf(word)).join(" ")]))).toEqual({
    UP: "up ready",
    DOWN: "down ready",
    READY: "up ready",
    DRAIN: "up drain",
    FAIL: "fail ready",
    MAINT: "up maint",
    STOPPED: "stopped ready",
  });
});

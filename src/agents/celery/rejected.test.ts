import { expect, it } from "vitest";
import { shownAside } from "./rejected.ts";

const about = {
  reason: "refused",
  code: "item_refused",
  tries: 2,
  first: "",
  last: "2026-01-01T00:00:00.000Z",
};

it("shows an event that was set aside, and a message that nobody could read", () => {
  const event = { type: "task-sent", uuid: "u" };
  expect(shownAside(JSON.stringify({ event, ...about }))).toEqual({
    at: about.last,
    reason: "refused",
    tries: 2,
    preview: JSON.stringify(event),
  });
  expect(shownAside(JSON.stringify({ message: { body: "AA==" }, ...about }))?.preview).toContain("AA==");
  for (const line of ["{half", "{}", "null"]) expect(shownAside(line)).toBe(undefined);
});

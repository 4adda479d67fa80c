import { describe, expect, it } from "vitest";
import { ConfigProblem, RejectedProblem } from "../../core/problems.ts";
import { type Event, plainEvent } from "./event.ts";
import { filter } from "./filter.ts";

const event: Event = {
  ...plainEvent(Buffer.from('{"total":12.5,"items":[{"id":1}]}')),
  headers: { kind: "order" },
  routingKey: "orders.new",
};

describe("filter", () => {
  it.each([
    ["event.body.total > 10 && event.headers.kind == 'order'", true],
    ["event.routing_key.startsWith('orders.')", true],
    ["event.body.items.exists(item, item.id == 2)", false],
    ["timestamp(now) < timestamp('2000-01-01T00:00:00Z')", false],
    ["has(event.body.nope) ? event.body.nope == 1 : true", true],
  ])("%s", (text, expected) => {
    expect(filter(text)(event)).toBe(expected);
  });

  it("rejects an event on which it cannot be evaluated", () => {
    expect(() => filter("event.body.nope == 1")(event)).toThrow(RejectedProblem);
    expect(() => filter("event.body.total")(event)).toThrow(RejectedProblem);
    expect(() => filter("event.body.total == 1")(plainEvent(Buffer.from("no JSON")))).toThrow(
      "No such key: body",
    );
  });

  it.each(["event.", "nope == 1", "now", "now > 5", "1 + 1"])("refuses %s", (text) => {
    expect(() => filter(text)).toThrow(ConfigProblem);
  });
});

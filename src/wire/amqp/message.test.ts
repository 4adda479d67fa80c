import type { ConsumeMessage } from "amqplib";
import { describe, expect, it } from "vitest";
import { messageOf } from "./message.ts";

const headersOf = (headers: object) =>
  messageOf({ content: Buffer.alloc(0), fields: {}, properties: { headers } } as ConsumeMessage).headers;

describe("messageOf", () => {
  it.each([
    ["a price", { "!": "decimal", value: { places: 2, digits: 199 } }, 1.99],
    ["a time", { "!": "timestamp", value: 1_700_000_000 }, 1_700_000_000],
    ["a table that looks like a price", { "!": "decimal", value: null }, undefined],
    ["one that nearly is one", { "!": "decimal", value: { places: "a" } }, undefined],
    ["a table that looks like a time", { "!": "timestamp", value: { a: 1 } }, undefined],
  ])("takes %s for what it is", (_, value, plain) => {
    expect(headersOf({ value })).toEqual({ value: plain ?? value });
  });

  it("goes down to some level, and no further", () => {
    let deep: object = { end: 1 };
    for (let level = 0; level < 20_000; level++) deep = level % 2 === 0 ? { deep } : [deep];
    const text = JSON.stringify(headersOf({ deep, next: "to it" }));
    expect(text).toMatch(/^\{"deep":\[\{"deep":\[.*"\(nested too deeply\)".*,"next":"to it"\}$/);
    expect(text.length).toBeLessThan(2_000);
  });
});

import { describe, expect, it } from "vitest";
import { ConfigProblem, RejectedProblem } from "../../core/problems.ts";
import { type Event, plainEvent } from "./event.ts";
import { transform } from "./transform.ts";

const event: Event = {
  ...plainEvent(Buffer.from('{"id":7,"items":[{"price":1.5},{"price":2}]}')),
  headers: { kind: "order", count: 2 },
  properties: { messageId: "m", contentType: "text/plain", contentEncoding: "utf-8" },
  routingKey: "orders.new",
};
const body = async (text: string, given = event) => (await transform(text)(given)).body.toString();

describe("transform", () => {
  it.each([
    ['{"order": id, "total": $sum(items.price)}', '{"order":7,"total":3.5}'],
    ["items.price", "[1.5,2]"],
    ["$", '{"id":7,"items":[{"price":1.5},{"price":2}]}'],
    [
      "{'kind': $headers.kind, 'n': $headers.count, 'key': $routing_key}",
      '{"kind":"order","n":2,"key":"orders.new"}',
    ],
    ["$uppercase('é')", '"É"'],
    ["$ ~> |items|{'price': price * 2}|", '{"id":7,"items":[{"price":3},{"price":4}]}'],
  ])("%s", async (text, made) => {
    expect(await body(text)).toBe(made);
  });

  it("makes a body of JSON, and leaves the rest and the event itself alone", async () => {
    const made = await transform("{'a': 1}")(event);
    expect(made.properties).toEqual({ messageId: "m", contentType: "application/json" });
    expect([made.routingKey, made.headers]).toEqual([event.routingKey, event.headers]);
    expect(await body("$")).toBe(event.body.toString());
  });

  it("takes a body that is no JSON as text", async () => {
    expect(await body("{'text': $}", plainEvent(Buffer.from("hello")))).toBe('{"text":"hello"}');
  });

  it.each(["{'a': ", "$$$(", "1 +"])("refuses %s", (text) => {
    expect(() => transform(text)).toThrow(ConfigProblem);
    expect(() => transform(text)).toThrow(/at character \d+/);
  });

  it.each(["id + 'x'", "$nope()", "nothing.there", "$error('no')", "function($x){$x}"])(
    "rejects an event on which %s fails",
    async (text) => {
      await expect(transform(text)(event)).rejects.toThrow(RejectedProblem);
    },
  );

  it("says where it failed", async () => {
    await expect(transform("{'a': id + 'x'}")(event)).rejects.toThrow(
      /transform failed: .*\(at character 1\d\)/,
    );
  });

  it("stops what would not end", async () => {
    await expect(transform("($f := function($n){1 + $f($n + 1)}; $f(0))")(event)).rejects.toThrow(
      RejectedProblem,
    );
    await expect(transform("($f := function($n){$f($n + 1)}; $f(0))")(event)).rejects.toThrow(
      RejectedProblem,
    );
    await expect(transform("[1..9999999]")(event)).rejects.toThrow(RejectedProblem);
  });
});

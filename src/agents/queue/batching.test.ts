import { expect, it } from "vitest";
import { LosslessNumber } from "./backend/json.ts";
import { batched, partly } from "./batching.ts";
import { plainEvent } from "./event.ts";
import { bare } from "./forward.ts";

const events = ['{"a":1}', '{\n"b":2}', "plain"].map((text, i) => ({
  ...plainEvent(Buffer.from(text)),
  properties: { messageId: `m${i}` },
}));
const again = (status: number) => status >= 500;
const config = { items: 3, size: 1_000, window: 1 };

it("puts events into one body, a list or a line each", () => {
  const list = batched(events, { ...config, format: "array" }, bare);
  const lines = batched(events, { ...config, format: "ndjson" }, bare);
  expect(JSON.parse(list.body.toString())).toEqual([{ a: 1 }, { b: 2 }, "plain"]);
  expect(list.headers["Content-Type"]).toEqual(["application/json"]);
  expect(lines.body.toString()).toBe('{"a":1}\n{ "b":2}\n"plain"\n');
  expect(lines.headers["Content-Type"]).toEqual(["application/x-ndjson"]);
});

it.each([
  ["an id", { itemIdentifier: "m1" }],
  ["a place", { itemIdentifier: "1" }],
])("hears by %s which events failed", (_, failure) => {
  const failed = partly({ batchItemFailures: [failure, { itemIdentifier: "?" }] }, events, again)?.failed;
  expect([...(failed ?? [])].map(([index, problem]) => [index, problem.code])).toEqual([
    [1, "server_failed"],
  ]);
});

it("hears by status which events failed, and whether to try again", () => {
  const items = [200, 400, 503].map((status) => ({ status: new LosslessNumber(String(status)) }));
  const failed = partly({ items }, events, again)?.failed;
  expect([...(failed ?? [])].map(([index, problem]) => [index, problem.code])).toEqual([
    [1, "item_refused"],
    [2, "server_failed"],
  ]);
});

it.each([
  ["nothing is said", {}],
  ["nothing is wrong", { batchItemFailures: [] }],
  ["the list does not fit", { items: [{ status: 500 }] }],
])("takes all for arrived where %s", (_, data) => {
  expect(partly(data, events, again)).toBeUndefined();
});

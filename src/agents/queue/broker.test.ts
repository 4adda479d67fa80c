import { expect, it } from "vitest";
import { sourceOptions } from "./broker.ts";
import { config } from "./config/agent.ts";

it.each([
  ["where events wait for their next try, room for ten of them for each worker", 10, true, undefined, 110],
  ["where none does, two for each worker", 10, false, undefined, 20],
  ["ten at the least", 2, false, undefined, 10],
  ["what AMQP has a number for at the most", 10_000, true, undefined, 65_535],
  ["what the configuration says", 10, true, 3, 3],
])("so many events are out at once: %s", (_, workers, retried, prefetch, wanted) => {
  const amqp = { url: "amqp://127.0.0.1", queue: "q", ...(prefetch && { prefetch }) };
  const { from } = config.parse({ from: { amqp }, to: [{ http: { url: "http://127.0.0.1" } }] });
  expect(sourceOptions(from.amqp!, { name: "a", workers, kept: true, retried }).prefetch).toBe(wanted);
});

it("no more events may be out than AMQP can say", () => {
  const amqp = { url: "amqp://127.0.0.1", queue: "q" };
  const target = { http: { url: "http://127.0.0.1" } };
  const given = (prefetch: number) =>
    config.safeParse({ from: { amqp: { ...amqp, prefetch } }, to: [target] }).error;
  expect(given(65_535)).toBeUndefined();
  expect(given(65_536)?.issues).toMatchObject([{ code: "too_big", maximum: 65_535 }]);
});

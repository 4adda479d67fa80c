import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { describeWith } from "../tools/needs.ts";
import { freePort } from "../tools/ports.ts";
import { backend, broker, publisher, queue, queueScene, runOrders } from "../tools/queue-scene.ts";
import { idsUpTo, queueHolds } from "../tools/queue-stage.ts";
import { rabbitMq } from "../tools/rabbitmq.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

describeWith(rabbitMq)("the flow of events from RabbitMQ", () => {
  const tidy = new Tidy();
  queueScene(tidy);

  const run = (more: object = {}) => runOrders(tidy, more);

  it("keeps the order within a lane, with many workers", async () => {
    const customers = ["a", "b", "c", "d"];
    backend.mood = async () => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 10));
      return Math.random() < 0.2 ? 503 : 200;
    };
    await run({ workers: 8, lane: "{body.customer}", retry: { first: "1ms", max: "5ms", times: 100 } });
    for (const id of idsUpTo(80)) await publisher.put(queue, [id], { customer: customers[id % 4] });
    await backend.took(80);
    for (const lane of [0, 1, 2, 3]) {
      const ids = [...backend.taken.keys()].filter((id) => id % 4 === lane);
      expect(ids).toEqual(ids.toSorted((one, other) => one - other));
    }
    expect(backend.most).toBeGreaterThan(1);
    expect(Math.max(...backend.taken.values())).toBe(1);
  });

  it("sends batches, and takes the backend's word for each event of them", async () => {
    const asked = new Set<number>();
    // Event 3 is refused, event 5 fails the first time.
    backend.mood = ({ ids }) => {
      const items = ids.map((id) => ({ status: id === 3 ? 422 : id === 5 && !asked.has(5) ? 503 : 200 }));
      for (const id of ids) asked.add(id);
      return { status: 200, body: JSON.stringify({ items }) };
    };
    const { outrider, inspect } = await run({
      batch: { items: 5, window: "200ms" },
      retry: { first: "1ms" },
    });
    await publisher.put(queue, idsUpTo(10));
    await queueHolds(broker, queue, { ready: 0, unacked: 0 });
    await until("all are settled", () => inspect("orders")["delivered"] === 9);
    expect(inspect("orders")).toMatchObject({ delivered: 9, rejected: 1 });
    expect(backend.calls.some(({ ids }) => ids.length === 5)).toBe(true);
    expect([backend.tries(3), backend.tries(5), backend.tries(6)]).toEqual([1, 2, 1]);
    const kept = readFileSync(keptFile(outrider.stateDir), "utf8").trim().split("\n");
    expect(kept.map((line) => JSON.parse(line))).toMatchObject([
      { agent: "orders", code: "item_refused", tries: 1, reason: expect.stringContaining("422") },
    ]);
  });

  it("does not take what was filtered for failed because the rest of its batch failed", async () => {
    backend.mood = 503;
    const { outrider, inspect } = await run({
      batch: { items: 3, window: "5s" },
      filter: "event.properties.message_id != '2'",
      retry: { times: 1, first: "1ms" },
    });
    await publisher.put(queue, idsUpTo(3));
    await queueHolds(broker, queue, { ready: 0, unacked: 0 });
    await until(
      "all are settled",
      () => inspect("orders")["rejected"]! + inspect("orders")["filtered"]! >= 3,
    );
    expect(inspect("orders")).toMatchObject({ filtered: 1, rejected: 2, delivered: 0 });
    expect(backend.calls.map(({ ids }) => ids)).toEqual([
      [1, 3],
      [1, 3],
    ]);
    const kept = readFileSync(keptFile(outrider.stateDir), "utf8").trim().split("\n");
    expect(kept.map((line) => JSON.parse(line).body)).toEqual(['{"id":1}', '{"id":3}']);
  });

  it("sends no faster than `max_rate`", async () => {
    await run({ max_rate: 20, workers: 10 });
    const begun = performance.now();
    await publisher.put(queue, idsUpTo(40));
    await backend.took(40);
    const last = backend.calls.at(-1)!.at;
    // Not from the first call on: its connection takes a while on a busy machine, and the bucket fills meanwhile.
    expect(last - begun).toBeGreaterThan(850);
    expect(last - backend.calls[0]!.at).toBeLessThan(2_000);
  });

  it("stops at once while its breaker is open or its rate is used up, and what waits goes back", async () => {
    const port = await freePort();
    const to = [{ http: { url: `http://127.0.0.1:${port}` }, breaker: { errors: 1, open: "10m" } }];
    const broken = await run({ to, retry: { first: "1ms" } });
    await publisher.put(queue, idsUpTo(5));
    await until("it waits", () => (broken.inspect("orders")["waits_ms"] ?? 0) > 0);
    const began = performance.now();
    await broken.stop("orders");
    // What was never tried is not discarded either, where nothing is tried twice.
    const slow = await run({ max_rate: 0.01, profile: "krakend", rejected: { drop: {} } });
    await backend.took(1);
    await slow.stop("orders");
    expect(performance.now() - began).toBeLessThan(3_000);
    await queueHolds(broker, queue, { ready: 4, unacked: 0 });
  });
});

function keptFile(state: string): string {
  return `${state}/files/orders/rejected.ndjson`;
}

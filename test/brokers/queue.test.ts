import { readFileSync } from "node:fs";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Backend } from "../tools/backend.ts";
import { describeWith } from "../tools/needs.ts";
import { freePort } from "../tools/ports.ts";
import { idsUpTo, Publisher, queueHolds, runQueue } from "../tools/queue-stage.ts";
import { type RabbitMq, rabbitMq, startRabbitMq } from "../tools/rabbitmq.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

describeWith(rabbitMq)("a queue agent at RabbitMQ", () => {
  const whole = new Tidy("all");
  const tidy = new Tidy();
  let broker: RabbitMq;
  let backend: Backend;
  let publisher: Publisher;
  let number = 0;
  let queue = "";
  beforeAll(async () => {
    broker = await startRabbitMq(whole);
  });
  beforeEach(async () => {
    queue = `q-${++number}`;
    backend = await Backend.start(tidy);
    publisher = new Publisher(tidy, broker);
  });

  const from = (more: object = {}) => ({ amqp: { url: broker.url(), queue, ...more } });
  const config = (more: object = {}) => ({ from: from(), to: [{ http: { url: backend.url } }], ...more });
  /** Runs an agent, and waits until it consumes. */
  const run = async (more: object = {}) => {
    const stage = await runQueue(tidy, { orders: config(more) });
    await stage.isUp("orders");
    return stage;
  };

  it("hands on what an event says of itself: headers, properties, and its routing key in the URL", async () => {
    await run({
      from: from({ exchange: `${queue}-x`, routing_key: "order.*" }),
      to: [
        {
          http: {
            url: `${backend.url}/{routing_key}/{body.id}`,
            headers: { "X-Kind": "{property.type}" },
          },
        },
      ],
      forward: { properties: "X-Amqp-" },
    });
    const options = {
      type: "made",
      correlationId: "c7",
      headers: { "x-tenant": "a" },
      contentType: "text/x",
    };
    await publisher.send(`${queue}-x`, "order.eu", [7], {}, options);
    await backend.took(1);
    const [call] = backend.calls;
    expect(call).toMatchObject({ method: "POST", target: "/order.eu/7", body: '{"id":7}' });
    expect(call?.headers).toMatchObject({
      "content-type": "text/x",
      "x-tenant": "a",
      "x-kind": "made",
      "x-amqp-correlation-id": "c7",
      "x-amqp-message-id": "7",
      traceparent: expect.stringMatching(/^00-/),
    });
  });

  it("sets aside in a dead-letter exchange, with the reasons in headers", async () => {
    backend.mood = ({ ids }) => (ids[0] === 1 ? 422 : 503);
    const channel = await publisher.channel();
    await channel.assertQueue(`${queue}-dead`);
    await run({
      retry: { times: 2, first: "1ms" },
      rejected: { amqp: { url: broker.url(), routing_key: `${queue}-dead` } },
    });
    await publisher.put(queue, [1, 2], {}, { headers: { own: "kept" } });
    await queueHolds(broker, `${queue}-dead`, { ready: 2 });
    await queueHolds(broker, queue, { ready: 0, unacked: 0 });
    const got = [1, 2].map(() => channel.get(`${queue}-dead`, { noAck: true }));
    const headers = (await Promise.all(got)).map((message) => (message || undefined)?.properties.headers);
    expect(headers).toContainEqual(
      expect.objectContaining({
        own: "kept",
        "x-outrider-agent": "orders",
        "x-outrider-tries": 1,
        "x-outrider-code": "item_refused",
        "x-outrider-routing-key": queue,
      }),
    );
    expect(headers).toContainEqual(
      expect.objectContaining({
        "x-outrider-tries": 3,
        "x-outrider-reason": expect.stringContaining("invalid status code 503"),
      }),
    );
  });

  it("gives back on pause what it has not begun, so that others get it, and takes events again on resume", async () => {
    let answer = () => {};
    backend.mood = () => new Promise((resolve) => (answer = () => resolve(200)));
    const { outrider, isUp, inspect } = await run({ workers: 1 });
    await publisher.put(queue, idsUpTo(8));
    await backend.called(1);
    await queueHolds(broker, queue, { ready: 0, unacked: 8 });
    await outrider.call("orders", "pause", {});
    backend.mood = 200;
    answer();
    await until("it has let go", async () => (await broker.queue(queue)).consumers === 0);
    const { ready } = await broker.queue(queue);
    expect(ready).toBe(8 - backend.taken.size);
    expect(inspect("orders").paused).toBe(true);
    const other = await (await publisher.channel()).get(queue, { noAck: true });
    expect(other).not.toBe(false);
    await outrider.call("orders", "resume", {});
    await isUp("orders");
    await backend.took(7);
    await queueHolds(broker, queue, { ready: 0, unacked: 0 });
    expect(Math.max(...backend.taken.values())).toBe(1);
  });

  it("is changed without a touch of its neighbours: their connection stays the same", async () => {
    const agents = (to: string) => ({
      first: config(),
      second: { from: from({ queue: `${queue}-b` }), to: [{ http: { url: to } }] },
    });
    const { reload, isUp } = await runQueue(tidy, agents(backend.url));
    await isUp("first");
    await isUp("second");
    const before = await broker.connectionsByName();
    expect(await reload(agents(`${backend.url}/new`))).toMatchObject({
      restarted: ["second"],
      kept: ["first"],
    });
    await isUp("second");
    const after = await broker.connectionsByName();
    expect(after.get("outrider first")).toBe(before.get("outrider first"));
    expect(after.get("outrider second")).not.toBe(before.get("outrider second"));
    await publisher.put(`${queue}-b`, [1]);
    await backend.took(1);
    expect(backend.calls[0]?.target).toBe("/new");
  });

  describe("what cannot be used", () => {
    it.each<[string, { url?: string; queue?: object }, string, RegExp]>([
      ["credentials", { url: "guest:wrong" }, "credentials_refused", /as guest/],
      [
        "a missing queue with `passive`",
        { queue: { name: "nowhere", declare: "passive" } },
        "object_missing",
        /nowhere/,
      ],
      [
        "a queue that is there with other properties",
        { queue: { name: "other", durable: false } },
        "declaration_refused",
        /PRECONDITION|inequivalent/,
      ],
    ])("%s: it says so, and the others are not affected", async (_, wrong, code, told) => {
      await (await publisher.channel()).assertQueue("other", { durable: true });
      const amqp = { ...wrong, url: broker.url("%2F", wrong.url) };
      const { part, isUp, lines, outrider } = await runQueue(tidy, {
        wrong: { ...config(), from: from(amqp) },
        orders: config(),
      });
      await isUp("orders");
      const trouble = await until("it says so", () => part("wrong")?.problem);
      expect(trouble).toMatchObject({ code, message: expect.stringMatching(told) });
      expect(trouble.remedy).toBeTruthy();
      expect(JSON.stringify(lines)).not.toContain("guest:wrong");
      await publisher.put(queue, [1]);
      await backend.took(1);
      expect(outrider.status("wrong").standing).toBe("degraded");
      expect(outrider.status("orders").standing).toBe("ready");
    });
  });

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

  it("sends no faster than `max_rate`", async () => {
    await run({ max_rate: 20, workers: 10 });
    await publisher.put(queue, idsUpTo(40));
    await backend.took(40);
    const took = backend.calls.at(-1)!.at - backend.calls[0]!.at;
    expect(took).toBeGreaterThan(850);
    expect(took).toBeLessThan(2_000);
  });

  it("stops at once while its breaker is open or its rate is used up, and what waits goes back", async () => {
    const port = await freePort();
    const to = [{ http: { url: `http://127.0.0.1:${port}` }, breaker: { errors: 1, open: "10m" } }];
    const broken = await run({ to, retry: { first: "1ms" } });
    await publisher.put(queue, idsUpTo(5));
    await until("it waits", () => (broken.inspect("orders")["waits_ms"] ?? 0) > 0);
    const began = performance.now();
    await broken.stop("orders");
    const slow = await run({ max_rate: 0.01 });
    await backend.took(1);
    await slow.stop("orders");
    expect(performance.now() - began).toBeLessThan(3_000);
    await queueHolds(broker, queue, { ready: 4, unacked: 0 });
  });
});

function keptFile(state: string): string {
  return `${state}/files/orders/rejected.ndjson`;
}

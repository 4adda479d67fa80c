import { describe, expect, it } from "vitest";
import { describeWith } from "../tools/needs.ts";
import {
  backend,
  broker,
  fromQueue,
  orders,
  publisher,
  queue,
  queueScene,
  runOrders,
} from "../tools/queue-scene.ts";
import { idsUpTo, queueHolds, runQueue } from "../tools/queue-stage.ts";
import { rabbitMq } from "../tools/rabbitmq.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

describeWith(rabbitMq)("a queue agent at RabbitMQ", () => {
  const tidy = new Tidy();
  queueScene(tidy);

  const run = (more: object = {}) => runOrders(tidy, more);

  it("hands on what an event says of itself: headers, properties, and its routing key in the URL", async () => {
    await run({
      from: fromQueue({ exchange: `${queue}-x`, routing_key: "order.*" }),
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
      first: orders(),
      second: { from: fromQueue({ queue: `${queue}-b` }), to: [{ http: { url: to } }] },
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
        wrong: { ...orders(), from: fromQueue(amqp) },
        orders: orders(),
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
});

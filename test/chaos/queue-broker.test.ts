import { beforeEach, expect, it } from "vitest";
import { Between } from "../tools/between.ts";
import { describeWith } from "../tools/needs.ts";
import { backend, broker, publisher, queue, queueScene } from "../tools/queue-scene.ts";
import { expectAll, idsUpTo, queueHolds, runQueue } from "../tools/queue-stage.ts";
import { rabbitMq } from "../tools/rabbitmq.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

/** So many events may be out at once, so that each trouble can double no more than these. */
const PREFETCH = 20;

describeWith(rabbitMq)("events under load, when the broker is in trouble", () => {
  const tidy = new Tidy();
  queueScene(tidy);
  beforeEach(async () => {
    await (await publisher.channel()).assertQueue(queue, { durable: true });
  });

  const run = async (url = broker.url(), more: object = {}) => {
    const reconnect = { strategy: "constant" };
    const amqp = { url, queue, prefetch: PREFETCH, heartbeat: "1s", reconnect };
    const orders = { from: { amqp }, to: [{ http: { url: backend.url } }], workers: 10, ...more };
    const stage = await runQueue(tidy, { orders });
    await stage.isUp("orders");
    return stage;
  };
  const settled = () => queueHolds(broker, queue, { ready: 0, unacked: 0 });

  it("killed (-9) and started again: all that it had confirmed arrives, few of it twice", async () => {
    const { isUp } = await run();
    let going = true;
    const sending = publisher.insist(queue, idsUpTo(100_000), () => going);
    await backend.took(150);
    await broker.writeDown();
    await broker.kill();
    await broker.start();
    const before = backend.taken.size;
    await isUp("orders");
    await backend.took(before + 150);
    going = false;
    const sent = await sending;
    await backend.took(sent.length);
    await settled();
    // What the broker took and could not confirm any more was sent once more by us.
    expect(expectAll(sent, backend.taken)).toBeLessThanOrEqual(PREFETCH + 1);
  });

  it("its connection is cut, again and again", async () => {
    const between = await Between.start(tidy, broker.port);
    const { isUp } = await run(`amqp://127.0.0.1:${between.port}`);
    const ids = idsUpTo(600);
    const sending = publisher.insist(queue, ids);
    const cuts = 3;
    for (let cut = 1; cut <= cuts; cut++) {
      await isUp("orders");
      await backend.took(cut * 100);
      between.cut();
    }
    await sending;
    await backend.took(ids.length);
    await settled();
    expect(expectAll(ids, backend.taken)).toBeLessThanOrEqual(cuts * PREFETCH);
  });

  it("its connection is half open: that is noticed, and what was out comes again", async () => {
    const between = await Between.start(tidy, broker.port);
    const { part } = await run(`amqp://127.0.0.1:${between.port}`);
    const ids = idsUpTo(400);
    const sending = publisher.insist(queue, ids);
    await backend.took(100);
    between.freeze();
    await until("it is noticed", () => part("orders")?.problem?.code === "timed_out");
    between.thaw();
    await sending;
    await backend.took(ids.length);
    await settled();
    expect(expectAll(ids, backend.taken)).toBeLessThanOrEqual(PREFETCH);
  });

  it("blocked by an alarm: what is to be set aside waits, is not acknowledged, and is set aside in the end", async () => {
    backend.mood = 422;
    await (await publisher.channel()).assertQueue("dead", { durable: true });
    const ids = idsUpTo(60);
    await publisher.put(queue, ids);
    await broker.alarm(true);
    const rejected = { amqp: { url: broker.url(), routing_key: "dead" } };
    const { inspect } = await run(broker.url(), { rejected });
    await backend.called(10);
    await until("it waits", () => inspect("orders")["in_flight"]! >= 10);
    const { ready, unacked } = await broker.queue(queue);
    expect(ready + unacked).toBe(60);
    expect(inspect("orders")["rejected"]).toBe(0);
    await broker.alarm(false);
    await queueHolds(broker, "dead", { ready: 60 });
    await settled();
    expect(backend.calls.length).toBe(60);
  });
});

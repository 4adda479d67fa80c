import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { Backend } from "../tools/backend.ts";
import { describeWith } from "../tools/needs.ts";
import { backend, broker, publisher, queue, queueScene, runOrders } from "../tools/queue-scene.ts";
import { queueHolds } from "../tools/queue-stage.ts";
import { rabbitMq } from "../tools/rabbitmq.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

describeWith(rabbitMq)("nothing is acknowledged that is kept nowhere", () => {
  const tidy = new Tidy();
  queueScene(tidy);

  /** Runs an agent whose backend refuses everything. */
  const run = async (rejected: object, more: object = {}) => {
    backend.mood = 422;
    const stage = await runOrders(tidy, { rejected, ...more });
    const file = `${stage.outrider.stateDir}/files/orders/rejected.ndjson`;
    const kept = (): unknown[] =>
      existsSync(file)
        ? readFileSync(file, "utf8")
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line))
        : [];
    const isKept = () => until("it is in the file", () => (kept().length > 0 ? kept() : undefined));
    return { ...stage, kept, isKept };
  };

  it("an unroutable dead letter is in the agent's file, with both reasons, and is sent again from there", async () => {
    const { isKept, outrider, lines } = await run({
      amqp: { url: broker.url(), routing_key: `${queue}-nowhere` },
    });
    await publisher.put(queue, [1]);
    expect(await isKept()).toMatchObject([
      {
        body: '{"id":1}',
        agent: "orders",
        code: "item_refused",
        tries: 1,
        reason: expect.stringMatching(/422.*NO_ROUTE/s),
      },
    ]);
    await queueHolds(broker, queue, { ready: 0, unacked: 0 });
    expect(JSON.stringify(lines.filter(({ level }) => level === "warn"))).toContain("rejected.ndjson");
    expect(await outrider.call("orders", "set_aside", { limit: 5 })).toMatchObject({ total: 1 });
    backend.mood = 200;
    expect(await outrider.call("orders", "replay", {})).toMatchObject({ replaying: true });
    await backend.took(1);
  });

  it("what the URL for it refuses is in the agent's file", async () => {
    const morgue = await Backend.start(tidy);
    morgue.mood = 413;
    const { isKept } = await run({ http: { url: morgue.url } });
    await publisher.put(queue, [2]);
    expect(await isKept()).toMatchObject([
      { body: '{"id":2}', reason: expect.stringMatching(/422.*answered 413/s) },
    ]);
    await queueHolds(broker, queue, { ready: 0, unacked: 0 });
  });

  it("what AMQP has no form for is in the agent's file", async () => {
    const { isKept } = await run({
      amqp: { url: broker.url(), routing_key: "{body.key}" },
    });
    await publisher.put(queue, [3], { key: "k".repeat(300) });
    expect(await isKept()).toMatchObject([{ reason: expect.stringContaining("cannot be sent") }]);
    await queueHolds(broker, queue, { ready: 0, unacked: 0 });
  });

  it("what waits for a URL that is away stays in its queue", async () => {
    const morgue = await Backend.start(tidy);
    morgue.mood = 503;
    const { kept } = await run({ http: { url: morgue.url } }, { retry: { first: "1ms", max: "1ms" } });
    await publisher.put(queue, [4]);
    await morgue.called(3);
    await queueHolds(broker, queue, { ready: 0, unacked: 1 });
    expect(kept()).toEqual([]);
    morgue.mood = 200;
    await queueHolds(broker, queue, { ready: 0, unacked: 0 });
    expect(JSON.parse(morgue.calls.at(-1)!.body)).toMatchObject({ body: '{"id":4}', tries: 1 });
    expect(kept()).toEqual([]);
  });

  it("a dead letter outlives the time that its event had", async () => {
    await (await publisher.channel()).assertQueue(`${queue}-dead`);
    await run({ amqp: { url: broker.url(), routing_key: `${queue}-dead` } });
    await publisher.put(queue, [5], {}, { expiration: "60000" });
    await queueHolds(broker, `${queue}-dead`, { ready: 1 });
    const channel = await publisher.channel();
    const got = await channel.get(`${queue}-dead`, { noAck: true });
    expect((got || undefined)?.properties).toMatchObject({
      expiration: undefined,
      headers: { "x-outrider-expiration": "60000" },
    });
  });

  it("a copy that comes while its event is on its way is no duplicate yet", async () => {
    let answer = () => {};
    backend.mood = () => new Promise((resolve) => (answer = () => resolve(503)));
    const retry = { first: "10s", max: "10s" };
    const { inspect, part, stop } = await runOrders(tidy, { dedupe: {}, retry, timeout: "1m" });
    await publisher.put(queue, [1]);
    await backend.called(1);
    await publisher.close();
    await broker.closeConnections();
    await until("its copy has come", () => inspect("orders")["received"] === 2, { within: 20_000 });
    await until("it waits", () => part("orders", "sink")?.problem?.message.includes("a copy of the event"));
    answer();
    await stop("orders");
    await queueHolds(broker, queue, { ready: 1, unacked: 0 });
  });
});

import { expect, it } from "vitest";
import { describeWith } from "../tools/needs.ts";
import { broker, publisher, queue, queueScene, runOrders } from "../tools/queue-scene.ts";
import { rabbitMq } from "../tools/rabbitmq.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

describeWith(rabbitMq)("an event that goes from queue to queue", () => {
  const tidy = new Tidy();
  queueScene(tidy);

  /** What came out in the other queue. */
  const passedOn = async (more: object) => {
    const channel = await publisher.channel();
    await channel.assertQueue(`${queue}-next`);
    const to = [{ amqp: { url: broker.url(), routing_key: `${queue}-next` } }];
    await runOrders(tidy, { to, ...more });
    channel.sendToQueue(queue, Buffer.from("5"), {
      headers: { "x-count": 3, "x-table": { a: [1] }, other: "o" },
      messageId: "m-1",
      priority: 4,
      contentType: "text/plain",
    });
    const { properties, content } = await until("it is there", () => channel.get(`${queue}-next`));
    expect(content.toString()).toBe("5");
    return properties;
  };

  it("keeps its headers and properties, and its trace goes on", async () => {
    const { headers, messageId, priority, contentType, deliveryMode } = await passedOn({});
    expect(headers).toEqual({
      "x-count": 3,
      "x-table": { a: [1] },
      other: "o",
      traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/),
    });
    expect([messageId, priority, contentType, deliveryMode]).toEqual(["m-1", 4, "text/plain", 2]);
  });

  it("takes along what `forward` says", async () => {
    const { headers, messageId, contentType } = await passedOn({
      forward: { headers: ["x-c*"], properties: "", trace: false },
    });
    expect([headers, messageId, contentType]).toEqual([{ "x-count": 3 }, undefined, "text/plain"]);
  });

  it("has nothing but a time and what a script has set in the peer's profile", async () => {
    const script = 'request.load():headers("X-Lua", "yes")';
    const { headers, messageId, contentType, timestamp } = await passedOn({
      profile: "krakend",
      rejected: { drop: {} },
      lua: { pre: script },
    });
    expect(headers).toEqual({ "X-Lua": ["yes"] });
    expect([messageId, contentType]).toEqual([undefined, undefined]);
    expect(timestamp).toBeGreaterThan(1_700_000_000);
  });
});

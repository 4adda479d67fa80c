import { expect, it } from "vitest";
import { describeWith } from "../tools/needs.ts";
import { backend, broker, publisher, queue, queueScene, runOrders } from "../tools/queue-scene.ts";
import { rabbitMq } from "../tools/rabbitmq.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

describeWith(rabbitMq)("a CloudEvent in JSON from a queue", () => {
  const tidy = new Tidy();
  queueScene(tidy);

  const given = {
    specversion: "1.0",
    id: "e1",
    source: "/shop",
    type: "order",
    shop: "berlin",
    data: { id: 5 },
  };

  /** What the backend got of it. */
  const forwarded = async (format: string) => {
    await runOrders(tidy, { forward: { format } });
    const channel = await publisher.channel();
    const contentType = "application/cloudevents+json; charset=utf-8";
    channel.sendToQueue(queue, Buffer.from(JSON.stringify(given)), { contentType });
    await backend.called(1);
    const [call] = backend.calls;
    return { headers: call!.headers, body: JSON.parse(call!.body) as unknown };
  };

  it("goes out in headers and body, and is not wrapped in another", async () => {
    const { headers, body } = await forwarded("cloudevents");
    expect(headers).toMatchObject({
      "ce-id": "e1",
      "ce-source": "/shop",
      "ce-type": "order",
      "ce-shop": "berlin",
    });
    expect([headers["content-type"], body]).toEqual(["application/json", { id: 5 }]);
  });

  it("goes out in JSON again, with all its attributes", async () => {
    const { headers, body } = await forwarded("cloudevents-structured");
    expect(headers["content-type"]).toBe("application/cloudevents+json");
    expect(body).toMatchObject({ ...given, datacontenttype: "application/json" });
  });

  it("goes out as it came where nothing else was asked for", async () => {
    const { headers, body } = await forwarded("plain");
    expect([headers["content-type"], body]).toEqual(["application/cloudevents+json; charset=utf-8", given]);
  });

  it("goes to another queue with its attributes as AMQP has them", async () => {
    const channel = await publisher.channel();
    await channel.assertQueue(`${queue}-next`);
    const to = [{ amqp: { url: broker.url(), routing_key: `${queue}-next` } }];
    await runOrders(tidy, { to, forward: { format: "cloudevents" } });
    const contentType = "application/cloudevents+json";
    channel.sendToQueue(queue, Buffer.from(JSON.stringify({ ...given, shop: "Köln Süd" })), { contentType });
    const message = await until("it is there", () => channel.get(`${queue}-next`));
    expect(message.properties.headers).toMatchObject({
      "cloudEvents:id": "e1",
      "cloudEvents:source": "/shop",
      "cloudEvents:shop": "Köln Süd",
    });
    expect([message.properties.contentType, message.content.toString()]).toEqual([
      "application/json",
      '{"id":5}',
    ]);
  });
});

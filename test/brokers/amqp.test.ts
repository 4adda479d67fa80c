import { describe, expect, it } from "vitest";
import type { Problem } from "../../src/core/problems.ts";
import { comesTrue, thrownBy } from "../../src/laws/law.ts";
import { Opened } from "../../src/laws/opened.ts";
import type { AmqpMessage } from "../../src/wire/amqp/message.ts";
import { AmqpSource } from "../../src/wire/amqp/source.ts";
import { amqpScene, broker, channel, name } from "../tools/amqp-scene.ts";
import { amqpSources, letGo } from "../tools/amqp-source.ts";
import { Between } from "../tools/between.ts";
import { describeWith } from "../tools/needs.ts";
import { rabbitMq } from "../tools/rabbitmq.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

const never = new AbortController().signal;

describeWith(rabbitMq)("a queue of RabbitMQ as a source", () => {
  const tidy = new Tidy();
  amqpScene();
  const { source, open, trouble, publish } = amqpSources(tidy);

  describe("messages", () => {
    it("come with everything that AMQP says about them, as plain values", async () => {
      const opened = await open({ exchange: { name }, bindings: ["#"] });
      const properties = {
        contentType: "application/json",
        contentEncoding: "utf-8",
        messageId: "m",
        correlationId: "c",
        replyTo: "r",
        type: "t",
        timestamp: 1_700_000_000,
        priority: 3,
        appId: "a",
        userId: "guest",
        expiration: "60000",
        deliveryMode: 2,
      };
      const headers = {
        text: "ä",
        whole: 2 ** 40,
        part: 1.5,
        yes: true,
        nothing: null,
        list: [1, "b", { deep: true }],
        at: { "!": "timestamp", value: 1_700_000_000 },
        price: { "!": "decimal", value: { places: 2, digits: 199 } },
        bytes: Buffer.from("text"),
        odd: Buffer.from([0xff, 0x00]),
      };
      channel.publish(name, "a.b", Buffer.from("{}"), { ...properties, headers });
      channel.publish(name, "bare", Buffer.alloc(0));
      const [full, bare] = await opened.first(2);
      expect(full?.value).toEqual({
        body: Buffer.from("{}"),
        headers: {
          ...headers,
          at: 1_700_000_000,
          price: 1.99,
          bytes: "text",
          odd: "/wA=",
        },
        properties,
        routingKey: "a.b",
        exchange: name,
        redelivered: false,
      });
      expect(bare?.value).toEqual({
        body: Buffer.alloc(0),
        headers: {},
        properties: {},
        routingKey: "bare",
        exchange: name,
        redelivered: false,
      });
      expect(bare?.bytes).toBe(1);
    });

    it("with tables within tables are taken like any other", async () => {
      const opened = await open();
      let deep: object = {};
      for (let level = 0; level < 2_000; level++) deep = { t: deep };
      publish(name, "deep", "", { deep, kind: "odd" });
      publish(name, "next", "");
      const [first, second] = await opened.first(2);
      expect(first?.value).toMatchObject({ body: Buffer.from("deep"), headers: { kind: "odd" } });
      expect(second?.value.body.toString()).toBe("next");
    });

    it("that cannot be read are passed over, told, and come again", async () => {
      const told: string[] = [];
      const read = ({ body }: AmqpMessage) => {
        if (body.toString() === "bad") throw new RangeError("too bad");
        return body.toString();
      };
      const unreadable = (reason: unknown) => void told.push(String(reason));
      const opened = new Opened(new AmqpSource({ urls: [broker.url()], queue: { name }, unreadable }, read));
      tidy.later(() => letGo(opened));
      await opened.up();
      for (const text of ["bad", "good"]) publish(name, text, "");
      const [good] = await opened.first(1);
      expect([good?.value, told]).toEqual(["good", ["RangeError: too bad"]]);
      await good?.settle("done");
      await letGo(opened);
      await until("it is back", async () => (await broker.queue(name)).ready === 1);
    });

    it("larger than a frame come whole", async () => {
      const opened = await open();
      const large = Buffer.alloc(3_000_000, "abc");
      channel.sendToQueue(name, large);
      const [item] = await opened.first(1);
      expect(item?.value.body.equals(large)).toBe(true);
      expect(item?.bytes).toBe(large.length);
    });

    it("to be retried come again, and say so", async () => {
      const opened = await open();
      channel.sendToQueue(name, Buffer.from("a"));
      const [item] = await opened.first(1);
      item?.settle("retry");
      const [, again] = await opened.first(2);
      expect(again?.value).toMatchObject({ redelivered: true, body: Buffer.from("a") });
    });

    it.each([
      ["discard", 1],
      ["ack", 0],
    ] as const)("that are rejected are told by %s", async (onReject, dead) => {
      await channel.assertQueue(`${name}-dead`);
      await broker.setPolicy(name, `^${name}$`, {
        "dead-letter-exchange": "",
        "dead-letter-routing-key": `${name}-dead`,
      });
      const opened = await open({ onReject });
      channel.sendToQueue(name, Buffer.from("a"));
      const [item] = await opened.first(1);
      item?.settle("reject");
      await until("it is settled", async () => (await broker.queue(name)).unacked === 0);
      await comesTrue(2_000, async () => (await broker.queue(`${name}-dead`)).ready === dead, "dead letters");
    });

    it("are acknowledged together, and a slow one holds up no other", async () => {
      const between = await Between.start(tidy, broker.port);
      let acks = 0;
      between.heard = (chunk) => {
        // The frame of basic.ack: class 60, method 80.
        for (let at = chunk.indexOf(ACK); at >= 0; at = chunk.indexOf(ACK, at + 1)) acks++;
      };
      const opened = await open({ urls: [`amqp://127.0.0.1:${between.port}`], prefetch: 10 });
      for (let each = 0; each < 40; each++) channel.sendToQueue(name, Buffer.from(`${each}`));
      for (const item of await opened.first(10)) item.settle("done");
      const [slow, ...others] = (await opened.first(20)).slice(10);
      expect(acks).toBe(1);
      for (const item of others) item.settle("done");
      for (const item of (await opened.first(29)).slice(20)) item.settle("done");
      await opened.first(38);
      slow?.settle("done");
      for (const item of opened.items) item.settle("done");
      await opened.first(40);
      await opened.close();
      expect(await broker.queue(name)).toMatchObject({ ready: 2, unacked: 0 });
    });

    it("settled just before the end are settled", async () => {
      const opened = await open();
      for (let each = 0; each < 10; each++) channel.sendToQueue(name, Buffer.from(`${each}`));
      for (const item of (await opened.first(10)).slice(0, 7)) item.settle("done");
      await opened.close();
      expect(await broker.queue(name)).toMatchObject({ ready: 3, unacked: 0, consumers: 0 });
    });

    it("all come at once without a prefetch limit", async () => {
      const opened = await open({ prefetch: 0 });
      for (let each = 0; each < 500; each++) channel.sendToQueue(name, Buffer.from(`${each}`));
      await opened.first(500);
      await until("all are out", async () => (await broker.queue(name)).unacked === 500);
    });

    it("are forgotten by the broker as they come, if it is told so", async () => {
      const opened = await open({ autoAck: true, prefetch: 1 });
      for (let each = 0; each < 5; each++) channel.sendToQueue(name, Buffer.from(`${each}`));
      for (const item of await opened.first(5)) item.settle("retry");
      await opened.close();
      expect(await broker.queue(name)).toMatchObject({ ready: 0, unacked: 0 });
    });
  });

  describe("consumers", () => {
    it("have the name and the properties they are given", async () => {
      await open({ consumerTag: "krakend", name: "orders", consumerArguments: { "x-priority": 5 } });
      const [consumer] = (await broker.evaluate(
        `[maps:from_list([{tag, proplists:get_value(consumer_tag, C)}, {prefetch, proplists:get_value(prefetch_count, C)}])
          || C <- rabbit_amqqueue:consumers_all(<<"/">>), element(4, proplists:get_value(queue_name, C)) =:= <<"${name}">>]`,
      )) as unknown[];
      expect(consumer).toEqual({ tag: "krakend", prefetch: 100 });
      const names = await broker.evaluate(
        `[N || P <- rabbit_networking:connections(), {<<"connection_name">>, longstr, N} <- proplists:get_value(client_properties, rabbit_networking:connection_info(P, [client_properties]))]`,
      );
      expect(names).toContain("orders");
    });

    it("that are exclusive keep others out, until they leave", async () => {
      const opened = await open({ exclusive: true });
      expect(await trouble({})).toMatchObject({ name: "LinkProblem", code: "queue_in_use" });
      await opened.close();
      await open();
    });

    it("of a queue that belongs to another connection have to wait", async () => {
      const queue = { name, durable: false, exclusive: true };
      await open({ queue });
      expect(await trouble({ queue })).toMatchObject({ name: "LinkProblem", code: "queue_in_use" });
    });

    it("are told when their queue is deleted", async () => {
      const opened = await open();
      await channel.deleteQueue(name);
      const problem = (await thrownBy(opened.ended)) as Problem;
      expect(problem).toMatchObject({ name: "LinkProblem", code: "consumer_cancelled" });
      expect(problem.message).toContain(name);
    });
  });

  describe("credentials", () => {
    const refused = { name: "DeniedProblem", code: "credentials_refused" };

    it("that are wrong are refused, and never shown", async () => {
      const options = { urls: [broker.url("%2F", "guest:topsecret")] };
      const problem = await trouble(options);
      expect(problem).toMatchObject(refused);
      expect(`${problem.message} ${problem.stack}`).not.toContain("topsecret");
      expect(problem.message).toContain("guest");
      expect(await thrownBy(source(options).probe(never))).toMatchObject(refused);
    });

    it("may be good, but not for this vhost, or for one that does not exist", async () => {
      await broker.addVhost("other");
      await broker.addUser("only-other", "p", "other");
      expect(await trouble({ urls: [broker.url("none")] })).toMatchObject(refused);
      const problem = await trouble({ urls: [broker.url("%2F", "only-other:p")] });
      expect(problem).toMatchObject(refused);
      expect(problem.message).toMatch(/vhost/);
      await open({ urls: [broker.url("other", "only-other:p")] });
    });

    it("may be good, but not for this queue", async () => {
      await channel.assertQueue(name);
      await broker.addUser("reader", "p", "/", ["^$", "^$", ".*"]);
      const urls = [broker.url("%2F", "reader:p")];
      const problem = await trouble({ urls });
      expect(problem).toMatchObject(refused);
      expect(problem.message).toContain(`queue '${name}'`);
      await open({ urls, queue: { name, declare: "passive" } });
    });

    it("may go by another mechanism", async () => {
      await open({ urls: [`${broker.url()}?auth_mechanism=amqplain`] });
      expect(await trouble({ urls: [`${broker.url()}?auth_mechanism=external`] })).toMatchObject(refused);
    });
  });
});

const ACK = Buffer.from([0, 60, 0, 80]);

import { describe, expect, it } from "vitest";
import { DeniedProblem, LinkProblem, type Problem } from "../../src/core/problems.ts";
import { thrownBy } from "../../src/laws/law.ts";
import { amqpScene, broker, channel, name } from "../tools/amqp-scene.ts";
import { amqpSources } from "../tools/amqp-source.ts";
import { describeWith } from "../tools/needs.ts";
import { rabbitMq } from "../tools/rabbitmq.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

const never = new AbortController().signal;

describeWith(rabbitMq)("a queue of RabbitMQ as a source", () => {
  const tidy = new Tidy();
  amqpScene();
  const { source, open, trouble, publish, bodies } = amqpSources(tidy);

  describe("topology", () => {
    it.each([
      ["direct", ["a", "b"], ["a", "b"]],
      ["topic", ["a.#", "*.x"], ["a", "b.x", "a.b.c"]],
      ["fanout", [""], ["a", "b", "b.x", "a.b.c", "c.y.z"]],
    ])("exchange of type %s, bound by %s", async (type, bindings, arriving) => {
      const opened = await open({ exchange: { name, type }, bindings });
      for (const key of ["a", "b", "b.x", "a.b.c", "c.y.z"]) publish(key);
      channel.sendToQueue(name, Buffer.from("end"));
      expect(await bodies(opened, arriving.length + 1)).toEqual([...arriving, "end"]);
    });

    it("headers exchange, by the arguments of the binding", async () => {
      const opened = await open({
        exchange: { name, type: "headers" },
        bindings: [""],
        bindingArguments: { "x-match": "all", kind: "order", size: 3 },
      });
      publish("", "no", name, { kind: "order", size: 4 });
      publish("", "yes", name, { kind: "order", size: 3, more: true });
      expect(await bodies(opened, 1)).toEqual(["yes"]);
    });

    it("is durable and shared, unless it is told otherwise", async () => {
      await open();
      expect(await broker.queue(name)).toMatchObject({
        durable: true,
        auto_delete: false,
        exclusive: false,
        type: "classic",
        consumers: 1,
      });
    });

    it("goes with us, if it is told so", async () => {
      const queue = { name, durable: false, autoDelete: true, exclusive: true };
      const exchange = { name, durable: false, autoDelete: true };
      const opened = await open({ queue, exchange, bindings: ["#"] });
      expect(await broker.queue(name)).toMatchObject({ durable: false, auto_delete: true, exclusive: true });
      await opened.close();
      expect((await broker.queues()).has(name)).toBe(false);
      await expect(channel.checkExchange(name)).rejects.toThrow(/NOT_FOUND/);
    });

    it("queue that the broker names", async () => {
      const opened = await open({
        queue: { name: "", durable: false, exclusive: true },
        exchange: { name },
        bindings: ["k"],
      });
      publish("k");
      expect(await bodies(opened, 1)).toEqual(["k"]);
      expect([...(await broker.queues()).keys()].filter((each) => each.startsWith("amq.gen-")).length).toBe(
        1,
      );
    });

    it("quorum queue with a dead letter exchange", async () => {
      await channel.assertQueue(`${name}-dead`);
      const opened = await open({
        queue: {
          name,
          arguments: {
            "x-queue-type": "quorum",
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": `${name}-dead`,
          },
        },
      });
      expect((await broker.queue(name)).type).toBe("quorum");
      channel.sendToQueue(name, Buffer.from("poison"), { persistent: true });
      const [item] = await opened.first(1);
      item?.settle("reject");
      await until("it is set aside", async () => (await broker.queue(`${name}-dead`)).ready === 1);
      expect(await broker.queue(name)).toMatchObject({ ready: 0, unacked: 0 });
    });

    it("stream, from its begin", async () => {
      const queue = { name, arguments: { "x-queue-type": "stream" } };
      const options = { queue, prefetch: 10, consumerArguments: { "x-stream-offset": "first" } };
      const opened = await open(options);
      for (const text of ["a", "b"]) channel.sendToQueue(name, Buffer.from(text));
      for (const item of await opened.first(2)) item.settle("done");
      expect(await bodies(await open(options), 2)).toEqual(["a", "b"]);
    });

    it("that is there already is used as it is, if it is only looked for", async () => {
      await channel.assertExchange(name, "direct", { durable: false });
      await channel.assertQueue(name, { durable: false, arguments: { "x-message-ttl": 60_000 } });
      const opened = await open({
        exchange: { name, declare: "passive" },
        queue: { name, declare: "passive" },
        bindings: ["k"],
      });
      publish("k");
      expect(await bodies(opened, 1)).toEqual(["k"]);
      const asked = await open({ exchange: { name, declare: false }, queue: { name, declare: false } });
      expect(asked.items).toEqual([]);
    });

    it.each(["passive", false] as const)("that is missing is named (declare: %s)", async (declare) => {
      const queue = { name, declare };
      const problem = await trouble({ queue });
      expect(problem).toBeInstanceOf(LinkProblem);
      expect(problem).toMatchObject({ code: "object_missing" });
      expect(problem.message).toContain(`no queue '${name}'`);
      expect(await thrownBy(source({ queue }).probe(never))).toMatchObject({ code: "object_missing" });
      await channel.assertQueue(name);
      await source({ queue }).probe(never);
      await open({ queue });
    });

    it("exchange that is missing is named", async () => {
      const exchange = { name: `${name}-ex`, declare: "passive" as const };
      const problem = await trouble({ exchange });
      expect(problem).toMatchObject({ code: "object_missing" });
      expect(problem.message).toContain(`no exchange '${name}-ex'`);
      expect((await broker.queues()).has(name)).toBe(false);
    });

    it("that differs is a person's business, who is told what differs", async () => {
      await channel.assertQueue(name, { durable: false });
      const problem = await trouble({});
      expect(problem).toBeInstanceOf(DeniedProblem);
      expect(problem).toMatchObject({ code: "declaration_refused" });
      expect(problem.message).toMatch(/inequivalent arg 'durable' for queue 'test-\d+'/);
      expect(problem.remedy).toMatch(/passive/);
    });

    it("that differs is adopted, if it is told so, and that is told", async () => {
      await channel.assertQueue(name, { durable: false });
      const told: Problem[] = [];
      const opened = await open({
        queue: { name, declare: "adopt" },
        adopted: (problem) => told.push(problem),
      });
      channel.sendToQueue(name, Buffer.from("a"));
      expect(await bodies(opened, 1)).toEqual(["a"]);
      expect(told.map(({ message }) => message).join()).toMatch(/inequivalent arg 'durable'/);
    });

    it.each([
      ["a type of exchange that the broker does not know", { exchange: { name: "x", type: "magic" } }],
      ["arguments that it does not know", { queue: { name: "x", arguments: { "x-queue-type": "magic" } } }],
      ["arguments that AMQP cannot say", { queue: { name: "x", arguments: { what: () => 1 } } }],
    ])("cannot be made with %s", async (_, options) => {
      expect(await trouble(options)).toMatchObject({ name: "DeniedProblem", code: "declaration_refused" });
    });

    it("is not made by a probe", async () => {
      await source({ exchange: { name }, bindings: ["#"] }).probe(never);
      expect((await broker.queues()).has(name)).toBe(false);
    });
  });
});

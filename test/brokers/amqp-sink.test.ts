import { expect, it } from "vitest";
import { settlesWithin } from "../../src/core/life.ts";
import { LinkProblem, PartialProblem, type Problem, RejectedProblem } from "../../src/core/problems.ts";
import { thrownBy } from "../../src/laws/law.ts";
import { Handles, Timers } from "../../src/laws/leftovers.ts";
import { type AmqpPublish, AmqpSink, type AmqpSinkOptions } from "../../src/wire/amqp/sink.ts";
import { amqpScene, broker, channel, name } from "../tools/amqp-scene.ts";
import { Between } from "../tools/between.ts";
import { describeWith } from "../tools/needs.ts";
import { rabbitMq } from "../tools/rabbitmq.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

const never = new AbortController().signal;

describeWith(rabbitMq)("an exchange of RabbitMQ as a sink", () => {
  const tidy = new Tidy();
  amqpScene();

  const sinkOf = (options: Partial<AmqpSinkOptions> = {}) => {
    const sink = new AmqpSink({ urls: [broker.url()], routingKey: name, ...options });
    tidy.later(() => sink.close());
    return sink;
  };
  const text = (body: string, more: Partial<AmqpPublish> = {}): AmqpPublish => ({
    body: Buffer.from(body),
    ...more,
  });
  const taken = async () => {
    const texts: string[] = [];
    for (let got = await channel.get(name); got; got = await channel.get(name)) {
      channel.ack(got);
      texts.push(got.content.toString());
    }
    return texts;
  };
  const failures = (problem: unknown) =>
    problem instanceof PartialProblem
      ? [...problem.failed].map(([index, { name, code }]) => [index, name, code])
      : problem;

  it("declares its exchange, and publishes with everything that AMQP says about a message", async () => {
    const sink = sinkOf({ exchange: { name, type: "headers", durable: false }, routingKey: "usual" });
    const before = [...(await broker.queues()).keys()];
    await sink.write([text("nobody listens")], never);
    expect([...(await broker.queues()).keys()]).toEqual(before);
    await channel.assertQueue(name);
    await channel.bindQueue(name, name, "", { "x-match": "all", kind: "order" });
    const properties = { contentType: "text/plain", messageId: "m", timestamp: 1_700_000_000, priority: 2 };
    const headers = { kind: "order", list: [1, 1.5, "a", null, true], deep: { a: 1 } };
    await sink.write([text("a", { headers, properties }), text("b", { headers, routingKey: "own" })], never);
    const first = await channel.get(name);
    if (!first) throw new Error("nothing came");
    expect(first.fields).toMatchObject({ exchange: name, routingKey: "usual" });
    expect(first.properties).toMatchObject({ ...properties, headers, deliveryMode: 2 });
    expect(await channel.get(name)).toMatchObject({ fields: { routingKey: "own" } });
  });

  it("publishes what shall not outlive the broker, if it is told so", async () => {
    await channel.assertQueue(name);
    const items = [text("a"), text("b", { properties: { deliveryMode: 2 } })];
    await sinkOf({ persistent: false }).write(items, never);
    const modes = [await channel.get(name), await channel.get(name)].map((got) =>
      got ? got.properties.deliveryMode : undefined,
    );
    expect(modes).toEqual([1, 2]);
  });

  it("confirms very many, and very large", async () => {
    await channel.assertQueue(name);
    const sink = sinkOf();
    await sink.write(
      Array.from({ length: 5_000 }, (_, index) => text(`${index}`)),
      never,
    );
    await sink.write([{ body: Buffer.alloc(5_000_000) }], never);
    expect((await broker.queue(name)).ready).toBe(5_001);
  });

  it("keeps one connection for all who write at once", async () => {
    await channel.assertQueue(name);
    const before = await broker.connections();
    const sink = sinkOf();
    await Promise.all(Array.from({ length: 20 }, (_, index) => sink.write([text(`${index}`)], never)));
    expect(await broker.connections()).toBe(before + 1);
    expect((await taken()).length).toBe(20);
  });

  it("tells which messages reach no queue, also of several that are equal", async () => {
    await channel.assertQueue(name);
    const lost = (body: string, headers = {}) => text(body, { routingKey: "nowhere", headers });
    const items = [text("a"), lost("x"), text("b"), lost("x", { a: 1 }), lost("x"), text("c")];
    const problem = await thrownBy(sinkOf({ mandatory: true }).write(items, never));
    expect(failures(problem)).toEqual([1, 3, 4].map((index) => [index, "RejectedProblem", "item_refused"]));
    expect((problem as PartialProblem).failed.get(1)?.message).toContain('routing key "nowhere"');
    expect(await taken()).toEqual(["a", "b", "c"]);
    const only = await thrownBy(sinkOf({ mandatory: true }).write([lost("x")], never));
    expect(only).toBeInstanceOf(RejectedProblem);
  });

  it("drops what reaches no queue, if it is not told otherwise, as the broker does", async () => {
    await sinkOf().write([text("a", { routingKey: "nowhere" })], never);
  });

  it("tells what a full queue did not take, which may be tried again", async () => {
    await channel.assertQueue(name, { arguments: { "x-max-length": 2, "x-overflow": "reject-publish" } });
    const sink = sinkOf();
    await sink.write([text("a"), text("b")], never);
    const problem = await thrownBy(sink.write([text("c")], never));
    expect(problem).toMatchObject({ name: "LinkProblem", code: "server_failed" });
    await taken();
    await sink.write([text("c")], never);
    expect(await taken()).toEqual(["c"]);
  });

  it.each([
    ["an expiration that is no number", { properties: { expiration: "soon" } }],
    ["somebody else's name", { properties: { userId: "somebody" } }],
    ["headers too large for AMQP", { headers: { large: "x".repeat(70_000) } }],
    ["a header that AMQP cannot say", { headers: { what: (() => 1) as never } }],
  ])("finds the one message that the broker refuses for %s, and delivers the others", async (_, more) => {
    await channel.assertQueue(name);
    const sink = sinkOf();
    const problem = await thrownBy(sink.write([text("a"), text("bad", more), text("b")], never));
    expect(failures(problem)).toEqual([[1, "RejectedProblem", "item_refused"]]);
    // What was on its way when the broker closed the channel may be there twice.
    expect(new Set(await taken())).toEqual(new Set(["a", "b"]));
    await sink.write([text("c")], never);
    expect(await taken()).toEqual(["c"]);
  });

  it("blames nobody else for a message that the broker refuses", async () => {
    await channel.assertQueue(name);
    const sink = sinkOf();
    const bad = text("bad", { properties: { expiration: "soon" } });
    const writes = Array.from({ length: 30 }, (_, index) =>
      thrownBy(sink.write([index === 7 ? bad : text(`${index}`)], never)),
    );
    const thrown = await Promise.all(writes);
    expect(thrown.map((problem) => (problem ? (problem as Problem).name : "")).join(",")).toBe(
      thrown.map((_, index) => (index === 7 ? "RejectedProblem" : "")).join(","),
    );
    expect(new Set(await taken()).size).toBe(29);
  });

  it("waits for an exchange that somebody else has to make", async () => {
    const sink = sinkOf({ exchange: { name, declare: false } });
    for (const thrown of [
      await thrownBy(sink.write([text("a"), text("b")], never)),
      await thrownBy(sink.probe(never)),
    ]) {
      expect(thrown).toMatchObject({ name: "LinkProblem", code: "object_missing" });
      expect((thrown as Problem).message).toContain(`no exchange '${name}'`);
    }
    await channel.assertExchange(name, "fanout");
    await sink.probe(never);
    await sink.write([text("a")], never);
  });

  it("is told that an exchange is there with other properties", async () => {
    await channel.assertExchange(name, "fanout");
    const problem = await thrownBy(sinkOf({ exchange: { name } }).write([text("a")], never));
    expect(problem).toMatchObject({ name: "DeniedProblem", code: "declaration_refused" });
    expect((problem as Problem).message).toMatch(/inequivalent arg 'type' for exchange/);
  });

  it("does not declare while it is probed", async () => {
    await sinkOf({ exchange: { name } }).probe(never);
    await expect(channel.checkExchange(name)).rejects.toThrow(/NOT_FOUND/);
  });

  it("waits while the broker is short of memory, says so, and goes on", async () => {
    await channel.assertQueue(name);
    const told: (string | undefined)[] = [];
    const sink = sinkOf({ blocked: (problem) => told.push(problem?.code) });
    await sink.write([text("a")], never);
    await broker.alarm(true);
    tidy.later(() => broker.alarm(false));
    const first = sink.write([text("b")], never);
    await until("it is told that it is blocked", () => told.length === 1);
    const second = sink.write([text("c")], never);
    expect(await settlesWithin(100, Promise.race([first, second]))).toBe(false);

    const controller = new AbortController();
    const third = thrownBy(sink.write([text("d")], controller.signal));
    // Where its time is over, the alarm is the reason.
    controller.abort();
    expect(await third).toMatchObject({ name: "LinkProblem", code: "broker_blocked" });

    await broker.alarm(false);
    await Promise.all([first, second]);
    expect(told).toEqual(["broker_blocked", undefined]);
    expect(await taken()).toEqual(["a", "b", "c"]);
  });

  it("can be closed while the broker is short of memory", async () => {
    await channel.assertQueue(name);
    let blocked = false;
    const sink = sinkOf({
      blocked: () => {
        blocked = true;
      },
    });
    await broker.alarm(true);
    tidy.later(() => broker.alarm(false));
    const writing = thrownBy(sink.write([text("a")], never));
    await until("it is told that it is blocked", () => blocked);
    const closed = sink.close();
    expect(await settlesWithin(1_000, closed)).toBe(true);
    expect(await writing).toBeInstanceOf(LinkProblem);
  });

  it("connects again after the connection was closed by the broker, or cut", async () => {
    await channel.assertQueue(name);
    const between = await Between.start(tidy, broker.port);
    const sink = sinkOf({ urls: [`amqp://127.0.0.1:${between.port}`] });
    await sink.write([text("a")], never);
    between.cut();
    await until("it is cut", () => between.connections === 0);
    await until(
      "it is noticed, and written again",
      async () => (await thrownBy(sink.write([text("b")], never))) === undefined,
    );
    expect(new Set(await taken())).toEqual(new Set(["a", "b"]));
  });

  it("tells what was not confirmed when the connection broke", async () => {
    await channel.assertQueue(name);
    const between = await Between.start(tidy, broker.port);
    const sink = sinkOf({ urls: [`amqp://127.0.0.1:${between.port}`] });
    await sink.write([text("a")], never);
    between.freeze();
    const writing = thrownBy(sink.write([text("b"), text("c")], never));
    between.cut();
    expect(await writing).toMatchObject({ name: "LinkProblem", code: "connect_failed" });
  });

  it("notices by heartbeats that nobody answers any more", async () => {
    await channel.assertQueue(name);
    const between = await Between.start(tidy, broker.port);
    const sink = sinkOf({ urls: [`amqp://127.0.0.1:${between.port}`], heartbeat: 1_000 });
    await sink.write([text("a")], never);
    between.freeze();
    expect(await thrownBy(sink.write([text("b")], never))).toMatchObject({ code: "timed_out" });
    between.thaw();
    await sink.write([text("c")], never);
    expect(await taken()).toEqual(["a", "c"]);
  });

  it("leaves nothing, however often it is closed and written to again", async () => {
    await channel.assertQueue(name);
    const before = await broker.connections();
    const [handles, timers] = [new Handles(), new Timers()];
    const sink = sinkOf({ mandatory: true });
    try {
      for (let turn = 0; turn < 10; turn++) {
        await sink.write([text("a")], never);
        await sink.probe(never);
        await Promise.all([sink.close(), sink.close()]);
      }
    } finally {
      await timers.gone("the sink was closed");
    }
    await handles.gone("what the sink used");
    expect(await broker.connections()).toBe(before);
  });
});

import { type ChannelModel, connect } from "amqplib";
import { beforeAll, beforeEach, expect, it } from "vitest";
import type { Delivery } from "../../src/core/delivery.ts";
import { follow } from "../../src/core/feed.ts";
import { Health, type Part } from "../../src/core/health.ts";
import type { Problem } from "../../src/core/problems.ts";
import { thrownBy } from "../../src/laws/law.ts";
import { Handles, Timers } from "../../src/laws/leftovers.ts";
import { Opened } from "../../src/laws/opened.ts";
import type { AmqpMessage } from "../../src/wire/amqp/message.ts";
import { AmqpSource, type AmqpSourceOptions } from "../../src/wire/amqp/source.ts";
import { Between } from "../tools/between.ts";
import { describeWith } from "../tools/needs.ts";
import { freePort, serve } from "../tools/ports.ts";
import { type RabbitMq, rabbitMq, startRabbitMq } from "../tools/rabbitmq.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

const never = new AbortController().signal;
const whole = new Tidy("all");
const tidy = new Tidy();
let number = 0;
let name = "";
beforeEach(() => {
  name = `test-${++number}`;
});

function opening(source: AmqpSource): Opened<Delivery<AmqpMessage>> {
  const opened = new Opened(source);
  tidy.later(async () => {
    opened.ring();
    await opened.ended.catch(() => {});
  });
  return opened;
}

/** Follows a source until the end; every message is settled, and its text is kept. */
function following(source: AmqpSource): { texts: string[]; part: Part } {
  const part: Part = new Health().part("source");
  const texts: string[] = [];
  const controller = new AbortController();
  const options = { signal: controller.signal, part, backoff: () => 100, denied: 100 };
  const run = async () => {
    for await (const { value, settle } of follow(source, options)) {
      texts.push(value.body.toString());
      await settle("done");
    }
  };
  const ended = run();
  tidy.later(async () => {
    controller.abort();
    await ended;
  });
  return { texts, part };
}

/** A method's frame on channel 0 (AMQP 0-9-1, section 4.2.3). */
function method(payload: Buffer): Buffer {
  const head = Buffer.from([1, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(payload.length, 3);
  return Buffer.concat([head, payload, Buffer.from([0xce])]);
}

/** What RabbitMQ says when somebody closes a connection by force: connection.close with code 320. */
function connectionClose(reason: string): Buffer {
  const text = Buffer.from(`CONNECTION_FORCED - ${reason}`);
  const code = Buffer.from([0, 10, 0, 50, 320 >> 8, 320 & 255, text.length]);
  return method(Buffer.concat([code, text, Buffer.alloc(4)]));
}

async function put(url: string, queue: string, ...texts: string[]): Promise<void> {
  const model: ChannelModel = await connect(url);
  const channel = await model.createConfirmChannel();
  for (const text of texts) channel.sendToQueue(queue, Buffer.from(text), { persistent: true });
  await channel.waitForConfirms();
  await model.close();
}

describeWith(rabbitMq)("a link to RabbitMQ", () => {
  let broker: RabbitMq;
  beforeAll(async () => {
    broker = await startRabbitMq(whole);
  });

  const source = (options: Partial<AmqpSourceOptions> = {}) =>
    new AmqpSource({ urls: [broker.url()], queue: { name }, ...options });
  const through = (between: Between, options: Partial<AmqpSourceOptions> = {}) =>
    source({ urls: [`amqp://127.0.0.1:${between.port}`], ...options });

  it("that the broker closes is opened again", async () => {
    const { texts, part } = following(source());
    await until("it is up", () => part.state === "up");
    await put(broker.url(), name, "a");
    await until("it came", () => texts.length === 1);
    await broker.closeConnections("maintenance");
    await until("it is down", () => part.state === "down");
    expect(part.problem?.message).toMatch(/CONNECTION_FORCED - maintenance/);
    await until("it is up again", () => part.state === "up");
    await put(broker.url(), name, "b");
    await until("the next came", () => texts.length === 2);
  });

  it("that is cut is opened again, and what was not settled comes once more", async () => {
    const between = await Between.start(tidy, broker.port);
    const opened = opening(through(between));
    await opened.up();
    await put(broker.url(), name, "a");
    const [item] = await opened.first(1);
    between.cut();
    const problem = (await thrownBy(opened.ended)) as Problem;
    expect(problem).toMatchObject({ name: "LinkProblem", code: "connect_failed" });
    expect(problem.message).toContain(`127.0.0.1:${between.port}`);
    item?.settle("done");
    const again = opening(through(between));
    const [same] = await again.first(1);
    expect(same?.value).toMatchObject({ redelivered: true, body: Buffer.from("a") });
  });

  it("to a deleted queue is opened again, which makes the queue anew", async () => {
    const { texts, part } = following(source());
    await until("it is up", () => part.state === "up");
    const model = await connect(broker.url());
    await (await model.createChannel()).deleteQueue(name);
    await model.close();
    await until("it is down", () => part.problem?.code === "consumer_cancelled");
    await until("it is up again", () => part.state === "up");
    await put(broker.url(), name, "a");
    await until("it came", () => texts.length === 1);
  });

  it.each([
    ["a channel is opened", 20, 10],
    ["a channel is closed", 20, 40],
    ["the queue is declared", 50, 10],
    ["the prefetch is set", 60, 10],
    ["it begins to consume", 60, 20],
  ])("that the broker closes as %s breaks, and does not wait for an answer", async (_, ...method) => {
    const between = await Between.start(tidy, broker.port);
    const opened = opening(through(between));
    between.heard = (chunk) => {
      if (!chunk.includes(Buffer.from([0, method[0], 0, method[1]]))) return;
      between.freeze();
      between.say(connectionClose("maintenance"));
    };
    const problem = (await thrownBy(opened.ended)) as Problem;
    expect(problem.name).toBe("LinkProblem");
    expect(problem.message).toMatch(/CONNECTION_FORCED - maintenance/);
    await until("its socket is gone", () => between.connections === 0);
  });

  it("that the broker closes as soon as it is open breaks", async () => {
    const between = await Between.start(tidy, broker.port);
    const opened = opening(through(between));
    between.heard = (chunk) => {
      if (!chunk.includes(Buffer.from([0, 10, 0, 40]))) return;
      between.freeze();
      const openOk = method(Buffer.from([0, 10, 0, 41, 0]));
      between.say(Buffer.concat([openOk, connectionClose("maintenance")]));
    };
    expect(await thrownBy(opened.ended)).toMatchObject({ name: "LinkProblem" });
    await until("its socket is gone", () => between.connections === 0);
  });

  it("that is half open is noticed by its heartbeats, and leaves nothing", async () => {
    const between = await Between.start(tidy, broker.port);
    const opened = opening(through(between, { heartbeat: 1_000 }));
    await opened.up();
    const began = performance.now();
    between.freeze();
    const problem = (await thrownBy(opened.ended)) as Problem;
    expect(problem).toMatchObject({ name: "LinkProblem", code: "timed_out" });
    expect(problem.message).toMatch(/no sign of life/);
    expect(performance.now() - began).toBeLessThan(5_000);
    await until("its socket is gone", () => between.connections === 0);
  });

  it("says with each heartbeat that it lives", async () => {
    const opened = opening(source({ heartbeat: 1_000 }));
    await opened.up();
    await until("it said so without any message", () => opened.ups >= 4);
    expect(opened.items).toEqual([]);
  });

  it("ends within a second, even if the broker does not answer any more", async () => {
    const between = await Between.start(tidy, broker.port);
    const opened = opening(through(between));
    await opened.up();
    between.freeze();
    await opened.close();
    await until("its socket is gone", () => between.connections === 0);
  });

  it.each(["freeze", "refuse"] as const)(
    "that cannot be made (%s) ends at the signal at once",
    async (how) => {
      const between = await Between.start(tidy, broker.port);
      between[how]();
      const opened = opening(through(between));
      if (how === "freeze") await until("it connects", () => between.connections === 1);
      await opened.close().catch(() => {});
      await until("its socket is gone", () => between.connections === 0);
    },
  );

  it("waits no longer than it is told for a broker that does not answer", async () => {
    const between = await Between.start(tidy, broker.port);
    between.freeze();
    for (const url of [
      `amqp://127.0.0.1:${between.port}`,
      `amqp://127.0.0.1:${between.port}?connection_timeout=200`,
    ]) {
      const options = url.includes("?") ? {} : { connectTimeout: 200 };
      const problem = await thrownBy(source({ urls: [url], ...options }).probe(never));
      expect(problem).toMatchObject({ name: "LinkProblem", code: "timed_out" });
      expect((problem as Problem).message).toMatch(/within 200 ms/);
    }
    await until("its sockets are gone", () => between.connections === 0);
  });

  it("names an address that nobody is at", async () => {
    const port = await freePort();
    const problem = await thrownBy(source({ urls: [`amqp://u:topsecret@127.0.0.1:${port}`] }).probe(never));
    expect(problem).toMatchObject({ name: "LinkProblem", code: "connect_failed" });
    expect((problem as Problem).message).toBe(`amqp://127.0.0.1:${port}/%2F: ECONNREFUSED`);
    const unknown = await thrownBy(source({ urls: ["amqp://nowhere.invalid"] }).probe(never));
    expect(unknown).toMatchObject({ name: "LinkProblem", code: "connect_failed" });
    expect((unknown as Problem).message).toMatch(/ENOTFOUND|EAI_AGAIN/);
  });

  it.each([
    ["an HTTP server", "HTTP/1.1 400 Bad Request\r\n\r\n", "answer_unexpected"],
    ["a broker of another version", "AMQP\0\x01\0\0", "answer_unexpected"],
    ["something that hangs up", "", "connect_failed"],
  ])("says so where %s answers", async (_, answer, code) => {
    const port = await serve(tidy, (socket) => socket.once("data", () => socket.end(answer, "latin1")));
    const problem = await thrownBy(source({ urls: [`amqp://127.0.0.1:${port}`] }).probe(never));
    expect(problem).toMatchObject({ name: "LinkProblem", code });
  });

  it("tries several hosts in turn, beginning with the one that was good", async () => {
    const [dead, first, second] = [
      await freePort(),
      await Between.start(tidy, broker.port),
      await Between.start(tidy, broker.port),
    ];
    const urls = [dead, first.port, second.port].map((port) => `amqp://127.0.0.1:${port}`);
    const feed = source({ urls });
    const { part } = following(feed);
    await until("the second host is taken", () => part.state === "up" && first.connections === 1);
    first.refuse();
    await until("the third one is taken", () => part.state === "up" && second.connections === 1);
    first.admit();
    second.cut();
    await until("it is taken again", () => part.state === "up" && second.connections === 1);
    expect(first.connections).toBe(0);
  });

  it("names every host, where none is good", async () => {
    const ports = [await freePort(), await freePort()];
    const urls = ports.map((port) => `amqp://127.0.0.1:${port}`);
    const problem = (await thrownBy(source({ urls }).probe(never))) as Problem;
    expect(problem).toMatchObject({ name: "LinkProblem", code: "connect_failed" });
    for (const port of ports) expect(problem.message).toContain(String(port));
    const denied = await thrownBy(source({ urls: [broker.url("x"), broker.url("y")] }).probe(never));
    expect(denied).toMatchObject({ name: "DeniedProblem" });
  });

  it("leaves nothing, however often it is opened and however it ends", async () => {
    const between = await Between.start(tidy, broker.port);
    await opening(through(between)).up();
    const before = await broker.connections();
    const [handles, timers] = [new Handles(), new Timers()];
    try {
      for (let turn = 0; turn < 15; turn++) {
        const opened = new Opened(through(between));
        await opened.up();
        if (turn % 3 > 0) await opened.close();
        else {
          await broker.closeConnections();
          await thrownBy(opened.ended);
        }
        await through(between).probe(never);
        await thrownBy(source({ urls: [broker.url("%2F", "guest:wrong")] }).probe(never));
      }
    } finally {
      await timers.gone("all links were closed");
    }
    await handles.gone("what links used");
    await until("the broker sees them go", async () => (await broker.connections()) <= before);
  });

  it("survives kill -9 of the broker, and so does what was in the queue", async () => {
    const { texts, part } = following(source());
    await until("it is up", () => part.state === "up");
    await put(broker.url(), name, "before");
    await until("it came", () => texts.length === 1);
    const queue = { name: `${name}-other` };
    const held = opening(source({ queue }));
    await held.up();
    await put(broker.url(), queue.name, "kept");
    await held.first(1);
    await broker.writeDown();
    await broker.kill();
    expect(await thrownBy(held.ended)).toMatchObject({ name: "LinkProblem", code: "connect_failed" });
    await until("it is down", () => part.state === "down");
    await broker.start();
    await until("it is up again", () => part.state === "up");
    await put(broker.url(), name, "after");
    await until("it came", () => texts.at(-1) === "after");
    const [kept] = await opening(source({ queue })).first(1);
    expect(kept?.value.body.toString()).toBe("kept");
  });
});

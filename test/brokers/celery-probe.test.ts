import { beforeAll, describe, expect, it } from "vitest";
import { celery } from "../../src/agents/celery/index.ts";
import { isFine, type ProbedStep, tried } from "../../src/core/probe.ts";
import { AmqpSink } from "../../src/wire/amqp/sink.ts";
import { household } from "../tools/household.ts";
import { LeekStandIn } from "../tools/leek-api.ts";
import { describeIf, find } from "../tools/needs.ts";
import { type RabbitMq, rabbitMq, startRabbitMq } from "../tools/rabbitmq.ts";
import { RedisServer } from "../tools/redis.ts";
import { Tidy } from "../tools/tidy.ts";

const forAll = new Tidy("all");
const tidy = new Tidy();
const { signal } = new AbortController();

async function probed(config: object): Promise<ProbedStep[]> {
  const home = await household(tidy, "celery");
  tidy.later(() => home.close());
  await celery.load?.();
  const agent = celery.create(celery.config.parse(config), home.host("leek"));
  const steps: ProbedStep[] = [];
  for await (const each of tried(agent, 10_000)) steps.push(each);
  return steps;
}

const toLeek = (leek: LeekStandIn, more: object = {}) => {
  return { leek: { url: leek.url, app: "leek", key: "app-KEY", ...more } };
};

/** Each step, and the code of its problem. */
const codesOf = (steps: readonly ProbedStep[]) =>
  Object.fromEntries(steps.map(({ step, ok, problem }) => [step, ok ? "ok" : problem?.code]));

/** Says the same again and again, as a worker does with its heartbeats. */
function beating(publish: () => Promise<unknown>): void {
  let beat: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => (beat = publish().catch(() => {})), 100);
  tidy.later(async () => {
    clearInterval(timer);
    await beat;
  });
}

describeIf(
  [rabbitMq, "redis-server"].every((each) => find(each)),
  "RabbitMQ or Redis is not installed",
)("probing celery", () => {
  let mq: RabbitMq;
  beforeAll(async () => {
    mq = await startRabbitMq(forAll);
  });

  const declared = async (name: string, type: string) => {
    const sink = new AmqpSink({ urls: [mq.url()], exchange: { name, type } });
    tidy.later(() => sink.close());
    const write = () => sink.write([{ routingKey: "worker.heartbeat", body: Buffer.from("{}") }], signal);
    await write();
    return write;
  };

  describe("from RabbitMQ", () => {
    it("finds that all is well while somebody publishes, and makes nothing", async () => {
      const leek = await LeekStandIn.start(tidy);
      beating(await declared("good", "topic"));
      const steps = await probed({ from: { amqp: { url: mq.url(), exchange: "good" } }, to: toLeek(leek) });
      expect(codesOf(steps)).toEqual({
        source: "ok",
        "source:exchange": "ok",
        "source:queue": "ok",
        "source:events": "ok",
        sink: "ok",
        "sink:credentials": "ok",
        rejected: "ok",
      });
      expect([...(await mq.queues()).keys()]).toEqual([]);
      expect(leek.posted()).toEqual([]);
    });

    it("tells all at once: another type of exchange, silence, a wrong key", async () => {
      const leek = await LeekStandIn.start(tidy);
      await declared("fanout", "fanout");
      const to = toLeek(leek, { key: "wrong" });
      const steps = await probed({ from: { amqp: { url: mq.url(), exchange: "fanout" } }, to });
      expect(codesOf(steps)).toMatchObject({
        source: "ok",
        "source:exchange": "declaration_refused",
        "source:queue": "ok",
        "source:events": "timed_out",
        sink: "ok",
        "sink:credentials": "credentials_refused",
        rejected: "ok",
      });
      const [exchange, events] = ["source:exchange", "source:events"].map(
        (name) => steps.find(({ step }) => step === name)?.problem,
      );
      expect(exchange?.message).toMatch(/'topic' but current is 'fanout'|type/);
      expect(events).toMatchObject({ remedy: expect.stringMatching(/Start a worker/) });
    });

    it("tells of missing permissions", async () => {
      const leek = await LeekStandIn.start(tidy);
      await declared("locked", "topic");
      await mq.addUser("reader", "pw", "/", ["^$", "^$", ".*"]);
      const url = mq.url("%2F", "reader:pw");
      const steps = await probed({ from: { amqp: { url, exchange: "locked" } }, to: toLeek(leek) });
      expect(codesOf(steps)).toMatchObject({ source: "ok", "source:exchange": "credentials_refused" });
      expect(isFine(steps)).toBe(false);
    });

    it("says once that the broker is away, and once that Leek is", async () => {
      const from = { amqp: { url: "amqp://127.0.0.1:1//" } };
      const steps = await probed({
        from,
        to: { leek: { url: "http://127.0.0.1:1", app: "leek", key: "k" } },
      });
      expect(codesOf(steps)).toEqual({ source: "connect_failed", sink: "connect_failed", rejected: "ok" });
    });
  });

  it("from Redis: silence is worth knowing and no fault, an event is heard", async () => {
    const [redis, leek] = [await RedisServer.start(tidy), await LeekStandIn.start(tidy)];
    const config = { from: { redis: { url: redis.url } }, to: toLeek(leek, { app: "unknown" }) };
    const silent = await probed(config);
    expect(codesOf(silent)).toMatchObject({
      source: "ok",
      "source:events": "timed_out",
      "sink:credentials": "request_refused",
    });
    expect(isFine(silent.filter(({ step }) => step.startsWith("source")))).toBe(true);
    const client = await redis.client(tidy);
    beating(() => client.command("PUBLISH", "/0.celeryev/worker.heartbeat", "{}"));
    expect(codesOf(await probed(config))).toMatchObject({ "source:events": "ok" });
  });

  it("tries every subscription, by name", async () => {
    const [redis, leek] = [await RedisServer.start(tidy), await LeekStandIn.start(tidy)];
    const good = { from: { redis: { url: redis.url } }, to: toLeek(leek) };
    const bad = { ...good, from: { redis: { url: "redis://127.0.0.1:1" } } };
    const steps = await probed({ subscriptions: { fixed: { good, bad } } });
    expect(codesOf(steps)).toMatchObject({
      "source:good": "ok",
      "sink:credentials:good": "ok",
      "source:bad": "connect_failed",
      "sink:credentials:bad": "ok",
    });
  });
});

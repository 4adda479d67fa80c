import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { AmqpSink } from "../../src/wire/amqp/sink.ts";
import { folder } from "../tools/folder.ts";
import { type LeekFault, LeekStandIn } from "../tools/leek-api.ts";
import { describeWith } from "../tools/needs.ts";
import { startOutrider } from "../tools/outrider.ts";
import { rabbitMq, startRabbitMq } from "../tools/rabbitmq.ts";
import { RedisServer } from "../tools/redis.ts";
import { seeded } from "../tools/seeded.ts";
import { isSpooled } from "../tools/spooled.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

const tidy = new Tidy();
const { signal } = new AbortController();

function agents(from: object, leek: string, queue = {}) {
  return {
    admin: false,
    agents: {
      "leek-prod": {
        kind: "celery",
        from,
        to: { leek: { url: leek, app: "leek", key: "app-KEY", timeout: "2s" } },
        batch: { items: 200, window: "100ms" },
        workers: 2,
        retry: { first: "50ms", max: "300ms" },
        ...queue,
      },
    },
  };
}

function event(n: number): object {
  const common = { hostname: "w1@h", utcoffset: 0, pid: 7, clock: n, timestamp: 1_700_000_000 + n / 1_000 };
  return n % 2 === 0
    ? { ...common, uuid: `t-${n >> 1}`, type: "task-started" }
    : { ...common, uuid: `t-${n >> 1}`, type: "task-succeeded", result: "1", runtime: 0.1 };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** An API that fails in every way there is, one time in three. */
function moody(leek: LeekStandIn, random: () => number): void {
  const faults: LeekFault[] = [
    { status: 503 },
    { status: 429, headers: { "retry-after": "0" } },
    { status: 500, store: true },
    { status: 409, body: "refused", store: true },
    { status: 413 },
    { status: 200, body: "Ready!" },
    { status: 302, headers: { location: "http://127.0.0.1:1/" } },
    { hang: true, store: true },
  ];
  leek.mood = ({ method }, documents) =>
    method === "POST" && documents.length > 0 && random() < 0.3
      ? faults[Math.floor(random() * faults.length)]
      : undefined;
}

describeWith(rabbitMq)("celery from RabbitMQ, killed again and again", () => {
  it("loses no event, whatever the API answers meanwhile", { timeout: 180_000 }, async () => {
    const [mq, leek] = [await startRabbitMq(tidy), await LeekStandIn.start(tidy)];
    leek.remembers = false;
    const random = seeded();
    moody(leek, random);
    const queue = "leek.chaos";
    const config = agents({ amqp: { url: mq.url(), queue } }, leek.url);
    const stateDir = await folder(tidy);
    let ours = await startOutrider(tidy, { config, stateDir });
    await until("it consumes", async () => (await mq.queues()).get(queue)?.consumers === 1);
    const publisher = new AmqpSink({ urls: [mq.url()], persistent: false });
    tidy.later(() => publisher.close());
    const total = 12_000;
    const publishing = (async () => {
      for (let n = 0; n < total; n += 100) {
        const items = Array.from({ length: 100 }, (_, i) => ({
          exchange: "celeryev",
          routingKey: "task.x",
          body: Buffer.from(JSON.stringify(event(n + i))),
          properties: { contentType: "application/json" },
        }));
        await publisher.write(items, signal);
        await pause(20);
      }
    })();
    for (let kills = 0; kills < 5; kills++) {
      await pause(300 + random() * 900);
      ours.signal("SIGKILL");
      await ours.ended;
      ours = await startOutrider(tidy, { config, stateDir });
    }
    await publishing;
    leek.mood = () => undefined;
    await until(
      "the queue is drained",
      async () => {
        const { ready, unacked } = await mq.queue(queue);
        return ready + unacked === 0;
      },
      { within: 60_000 },
    );
    const rejected = rejectedEvents(join(stateDir, "files", "leek-prod", "rejected.ndjson"));
    // What was in flight at a kill, and what the API stored and did not admit, comes again: so each event is looked for.
    expect(missing(leek, total, rejected)).toEqual([]);
    report("RabbitMQ", { total, stored: leek.events, set_aside: rejected.size });
    expect(await ours.stop()).toEqual({ status: 0, signal: null });
  });
});

describeWith("redis-server")("celery from Redis, killed while Leek is away", () => {
  it("loses nothing that it had received", { timeout: 120_000 }, async () => {
    const [redis, leek] = [await RedisServer.start(tidy), await LeekStandIn.start(tidy)];
    leek.remembers = false;
    const client = await redis.client(tidy);
    const config = agents({ redis: { url: redis.url } }, leek.url);
    const stateDir = await folder(tidy);
    let number = 0;
    let ours = await startOutrider(tidy, { config, stateDir });
    for (let round = 0; round < 3; round++) {
      await until("it listens", async () => (await client.command("PUBSUB", "NUMPAT")) === 1);
      leek.mood = () => ({ status: 503 });
      for (let n = 0; n < 1_000; n++)
        await client.command("PUBLISH", "/0.celeryev/task.x", envelope(event(number++)));
      // What was received and is not written yet goes with the process.
      await until("the last is on disk", () => isSpooled(stateDir, packed(event(number - 1))));
      ours.signal("SIGKILL");
      await ours.ended;
      leek.mood = () => undefined;
      ours = await startOutrider(tidy, { config, stateDir });
    }
    await until("all are posted", () => missing(leek, number).length === 0, { within: 30_000, every: 200 });
    report("Redis", { total: number, stored: leek.events });
    expect(await client.command("KEYS", "*")).toEqual([]);
  });

  it("ends within ten seconds of SIGTERM under load, with status 0, and what it holds is on disk", {
    timeout: 60_000,
  }, async () => {
    const [redis, leek] = [await RedisServer.start(tidy), await LeekStandIn.start(tidy)];
    const client = await redis.client(tidy);
    const config = agents({ redis: { url: redis.url } }, leek.url);
    const stateDir = await folder(tidy);
    const ours = await startOutrider(tidy, { config, stateDir });
    await until("it listens", async () => (await client.command("PUBSUB", "NUMPAT")) === 1);
    leek.mood = () => ({ hang: true });
    const publish = (n: number) => client.command("PUBLISH", "/0.celeryev/task.x", envelope(event(n)));
    let number = 0;
    // Until nobody listens any more; what comes then is lost with Redis, by its nature.
    const publishing = (async () => {
      while ((await publish(number)) === 1) number++;
    })();
    await until("it holds some", () => number >= 500);
    const held = number;
    await until("they are on disk", () => isSpooled(stateDir, packed(event(held - 1))));
    const atSignal = number;
    const began = Date.now();
    expect(await ours.stop()).toEqual({ status: 0, signal: null });
    expect(Date.now() - began).toBeLessThan(10_000);
    await publishing;
    expect(atSignal).toBeGreaterThan(held);
    leek.mood = () => undefined;
    await startOutrider(tidy, { config, stateDir });
    await until("all that it held are posted", () => missing(leek, held).length === 0);
  });
});

function packed(event: object): string {
  return Buffer.from(JSON.stringify(event)).toString("base64");
}

function envelope(event: object): string {
  return JSON.stringify({
    body: packed(event),
    "content-type": "application/json",
    properties: { body_encoding: "base64" },
  });
}

/** The events that were neither stored, alone or with others, nor set aside; both of each task are looked for. */
function missing(leek: LeekStandIn, total: number, rejected: ReadonlySet<string> = new Set()): string[] {
  const stored = new Set(
    leek.stored.flatMap(({ id, events = [] }) => events.map((state) => `${id} ${state}`)),
  );
  const wanted = Array.from(
    { length: total },
    (_, n) => `t-${n >> 1} ${n % 2 === 0 ? "STARTED" : "SUCCEEDED"}`,
  );
  return wanted.filter((each) => !stored.has(each) && !rejected.has(each));
}

function rejectedEvents(path: string): Set<string> {
  if (!existsSync(path)) return new Set();
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  const events = lines.map((line) => (JSON.parse(line) as { event: { uuid: string; type: string } }).event);
  return new Set(
    events.map(({ uuid, type }) => `${uuid} ${type === "task-started" ? "STARTED" : "SUCCEEDED"}`),
  );
}

/** What was counted, for whoever reads along. */
function report(what: string, counted: object): void {
  const { CHAOS_REPORT: path } = process.env;
  if (path) appendFileSync(path, `${what} ${JSON.stringify(counted)}\n`);
}

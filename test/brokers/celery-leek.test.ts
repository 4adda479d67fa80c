import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { celery } from "../../src/agents/celery/index.ts";
import type { AgentKind } from "../../src/core/agent.ts";
import { CeleryApp, hasCelery } from "../tools/celery.ts";
import { folder } from "../tools/folder.ts";
import { outriderOf } from "../tools/in-process.ts";
import { LeekStandIn } from "../tools/leek-api.ts";
import { describeIf, describeWith, find } from "../tools/needs.ts";
import { rabbitMq, startRabbitMq } from "../tools/rabbitmq.ts";
import { RedisServer } from "../tools/redis.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

const tidy = new Tidy();

async function carrying(
  from: object,
  leek: LeekStandIn,
  { level = "auto" as string | number, more = {} } = {},
) {
  const agent = {
    kind: "celery",
    from,
    to: { leek: { url: leek.url, app: "leek", key: "app-KEY", level } },
    batch: { window: "100ms" },
    retry: { first: "100ms", max: "300ms" },
    ...more,
  };
  const text = `agents: ${JSON.stringify({ leek: agent })}\n`;
  const made = await outriderOf(tidy, text, [celery] as unknown as AgentKind[]);
  await made.outrider.start();
  const own = () => made.outrider.agent("leek").agent!;
  const inspect = () => own().inspect?.() as { rejected: number; posted_events: number; stripped: number };
  const aside = () => {
    const path = `${made.source.stateDir}/files/leek/rejected.ndjson`;
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  return { ...made, inspect, aside };
}

/** A task whose documents have all that releases since 0.7.4 know. */
function envelope(uuid: string): string {
  const event = {
    type: "task-failed",
    uuid,
    hostname: "w1@h",
    timestamp: 1_700_000_000.5,
    utcoffset: 0,
    pid: 1,
    clock: 1,
    name: "shop.add",
    args: "(4, 4)",
    kwargs: "{'a': {'b': 1}}",
    exception: "ValueError('boom')",
    traceback: "Traceback (most recent call last):\n  x\nValueError: boom",
  };
  return JSON.stringify({ body: JSON.stringify(event), "content-type": "application/json" });
}

async function listening(redis: RedisServer) {
  const client = await redis.client(tidy);
  await until("it listens", async () => (await client.command("PUBSUB", "NUMPAT")) === 1);
  return (text: string) => client.command("PUBLISH", "/0.celeryev/task.x", text);
}

describeWith("redis-server")("the fields that a release of Leek knows", () => {
  it.each([
    ["asked, of 0.7.3", "auto", 1],
    ["asked, of 0.7.4", "auto", 2],
    ["told, 1", 1, 1],
    ["told, 2", 2, 2],
  ] as const)("are those that it gets: %s", async (_, level, release) => {
    const [redis, leek] = [await RedisServer.start(tidy), await LeekStandIn.start(tidy)];
    leek.level = release;
    const { inspect } = await carrying({ redis: { url: redis.url } }, leek, { level });
    await (await listening(redis))(envelope("t"));
    await until("it is posted", () => inspect().posted_events === 1);
    expect(inspect()).toMatchObject({ rejected: 0, stripped: 0 });
    const [document] = leek.stored;
    expect("updated_at" in document!).toBe(release === 2);
    expect(document).toMatchObject({ state: "FAILED", traceback: expect.stringContaining("boom") });
    const newer = ["name_parts", "args_0", "kwargs_flattened", "lang", "error", "stack", "trace"];
    expect(newer.filter((field) => field in document!)).toEqual(release === 2 ? newer : []);
    const asked = leek.requests.some(({ path }) => path === "/v1/swagger.json");
    expect(asked).toBe(level === "auto");
  });

  it("are asked again when Leek was away: it may have come back as another release", async () => {
    const [redis, leek] = [await RedisServer.start(tidy), await LeekStandIn.start(tidy)];
    leek.level = 1;
    const { inspect } = await carrying({ redis: { url: redis.url } }, leek);
    const publish = await listening(redis);
    await publish(envelope("before"));
    await until("it is posted", () => inspect().posted_events === 1);
    let cut = 0;
    leek.mood = ({ method }) => (method === "POST" && cut++ === 0 ? { cut: true } : undefined);
    leek.level = 2;
    await publish(envelope("after"));
    await until("it is posted", () => inspect().posted_events === 2);
    expect(leek.stored.map((each) => "updated_at" in each)).toEqual([false, true]);
  });
});

/** Publishes an event with Kombu itself, packed and written as it is told. */
const publisher = (kind: string, how: string, uuid: string) => `
import os
from kombu import Connection, Exchange
event = dict(type="task-started", uuid="${uuid}", hostname="w", timestamp=1.5, utcoffset=0, pid=1, clock=1)
with Connection(os.environ["BROKER_URL"]) as connection:
    exchange = Exchange("celeryev", type="${kind}", durable=True)
    producer = connection.Producer(exchange=exchange, routing_key="task.started")
    producer.publish(event, ${how})
`;

describeIf(
  hasCelery && [rabbitMq, "redis-server"].every((each) => find(each)),
  "python3-celery, RabbitMQ or Redis is not installed",
)("messages that Kombu itself packs", () => {
  const ways = {
    zlib: 'compression="zlib"',
    bzip2: 'compression="bzip2"',
    lzma: 'compression="lzma"',
    pickle: 'serializer="pickle"',
    yaml: 'serializer="yaml"',
  };

  it.each(["RabbitMQ", "Redis"])(
    "are read, or set aside as they came, with what to do: %s",
    async (broker) => {
      const leek = await LeekStandIn.start(tidy);
      const rabbit = broker === "RabbitMQ";
      const url = rabbit ? (await startRabbitMq(tidy)).url() : (await RedisServer.start(tidy)).url;
      const from = rabbit ? { amqp: { url } } : { redis: { url } };
      const { outrider, inspect, aside } = await carrying(from, leek);
      const link = () =>
        outrider.status("leek").parts.find(({ name }) => name === (rabbit ? "source" : "link"));
      await until("it is up", () => link()?.state === "up");
      const app = new CeleryApp(await folder(tidy), url, {});
      const all = Object.entries(ways).map(([name, how]) =>
        publisher(rabbit ? "topic" : "fanout", how, name),
      );
      await app.run(all.join("\n"));
      await until("those that cannot be read are set aside", () => inspect().rejected === 4);
      await until("the other is posted", () => leek.states().has("zlib"));
      expect([...leek.states().keys()]).toEqual(["zlib"]);
      const kept = aside();
      expect(kept.map(({ code }) => code)).toEqual(Array(4).fill("item_unreadable"));
      const packing = expect.stringMatching(/`zlib` or `brotli`/);
      const writing = expect.stringMatching(/event_serializer/);
      expect(kept.map(({ reason, remedy }) => [reason, remedy])).toEqual([
        [expect.stringContaining("application/x-bz2"), packing],
        [expect.stringContaining("application/x-lzma"), packing],
        [expect.stringContaining("application/x-python-serialize"), writing],
        [expect.stringContaining("application/x-yaml"), writing],
      ]);
      // Nothing of it is lost: Python reads from what was kept what was published.
      const { message } = kept[0] as { message: { body: string; compression: string } };
      const unpacked = `import base64, bz2\nprint(bz2.decompress(base64.b64decode("${message.body}")).decode())`;
      expect(JSON.parse(await app.run(unpacked))).toMatchObject({ uuid: "bzip2", type: "task-started" });
      // It can be tried again, and is set aside again.
      expect(await outrider.call("leek", "replay", {})).toEqual({ replaying: true });
      await until("all are set aside again", () => inspect().rejected === 4 && aside().length === 4);
      expect(aside().map(({ message: again }) => again)).toEqual(kept.map(({ message: before }) => before));
    },
  );
});

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { AmqpSink } from "../../src/wire/amqp/sink.ts";
import type { RedisConnection } from "../../src/wire/redis/connection.ts";
import { Between } from "../tools/between.ts";
import { LeekStandIn } from "../tools/leek-api.ts";
import { describeIf, find } from "../tools/needs.ts";
import { type OutriderProcess, startOutrider } from "../tools/outrider.ts";
import { rabbitMq, startRabbitMq } from "../tools/rabbitmq.ts";
import { RedisServer } from "../tools/redis.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

const tidy = new Tidy();
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** How long Leek is away, in milliseconds, and how many events a second each broker gets meanwhile. */
const AWAY = 60_000;
const RATE = 1_000;
/** A task starts and ends so many tasks after it was received, so that its events are not in one batch. */
const APART = 700;
/** How much the process may grow while Leek is away, in MiB; 60,000 events of each broker wait meanwhile. */
const GROWTH = 64;

const kinds = ["received", "started", "succeeded"] as const;
const inOrder = ["RECEIVED", "STARTED", "SUCCEEDED"];

/** The n-th event of all: of three tasks, one is received, an older one starts, and a still older one ends. */
function eventAt(n: number): { readonly id: string; readonly text: string } | undefined {
  const task = Math.floor(n / 3) - (n % 3) * APART;
  if (task < 0) return undefined;
  const type = `task-${kinds[n % 3]}`;
  const more = type === "task-succeeded" ? { result: "1", runtime: 0.1 } : {};
  const common = { hostname: "w1@h", utcoffset: 0, pid: 7, clock: n, timestamp: 1_700_000_000 + n / RATE };
  const id = `t-${task}`;
  return { id, text: JSON.stringify({ type, uuid: id, ...common, ...more }) };
}

type Publish = (texts: readonly string[]) => Promise<unknown>;

/** Publishes at an even pace until it is told to end. */
class Load {
  published = 0;
  readonly running: Promise<void>;
  #over = false;

  constructor(publish: readonly Publish[]) {
    this.running = this.#run(publish);
  }

  end(): Promise<void> {
    this.#over = true;
    return this.running;
  }

  async #run(publish: readonly Publish[]): Promise<void> {
    const began = performance.now();
    for (let n = 0; !this.#over; ) {
      const texts: string[] = [];
      for (
        const due = ((performance.now() - began) * RATE) / 1_000;
        this.published + texts.length < due;
        n++
      ) {
        const event = eventAt(n);
        if (event) texts.push(event.text);
      }
      await Promise.all(publish.map((each) => each(texts)));
      this.published += texts.length;
      await pause(50);
    }
  }
}

function toRabbit(url: string): Publish {
  const sink = new AmqpSink({ urls: [url], persistent: false });
  tidy.later(() => sink.close());
  const properties = { contentType: "application/json" };
  const wrap = (text: string) => {
    return { exchange: "celeryev", routingKey: "task.x", body: Buffer.from(text), properties };
  };
  return (texts) => sink.write(texts.map(wrap), new AbortController().signal);
}

function toRedis(client: RedisConnection): Publish {
  const properties = { body_encoding: "base64" };
  const wrap = (text: string) =>
    JSON.stringify({
      body: Buffer.from(text).toString("base64"),
      "content-type": "application/json",
      properties,
    });
  return (texts) =>
    Promise.all(texts.map((text) => client.command("PUBLISH", "/0.celeryev/task.x", wrap(text))));
}

/** Two agents in one process: what they may need is what one may need. */
function configOf(amqp: string, redis: string, rabbitLeek: string, redisLeek: string) {
  const to = (url: string) => ({ leek: { url, app: "leek", key: "app-KEY", timeout: "5s" } });
  const how = {
    kind: "celery",
    batch: { window: "200ms" },
    workers: 2,
    retry: { first: "200ms", max: "2s" },
  };
  return {
    admin: { listen: "127.0.0.1:0" },
    agents: {
      rabbit: { ...how, from: { amqp: { url: amqp } }, to: to(rabbitLeek) },
      redis: { ...how, from: { redis: { url: redis } }, to: to(redisLeek) },
    },
  };
}

/** A stand-in for Leek, and what stands before it and can be shut. */
async function leekBehindDoor(): Promise<{ leek: LeekStandIn; door: Between; url: string }> {
  const leek = await LeekStandIn.start(tidy);
  leek.remembers = false;
  const door = await Between.start(tidy, Number(new URL(leek.url).port));
  return { leek, door, url: `http://127.0.0.1:${door.port}` };
}

function megabytes({ pid }: OutriderProcess): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))!;
  return Number(kilobytes) / 1_024;
}

/** Waits, and looks meanwhile how large the process becomes, in MiB. */
async function largestDuring(ms: number, process: OutriderProcess): Promise<number> {
  let most = 0;
  for (const end = performance.now() + ms; performance.now() < end; await pause(500))
    most = Math.max(most, megabytes(process));
  return most;
}

/** Each task's states in the order in which they were told first. */
function told(leek: LeekStandIn): Map<string, string[]> {
  const states = new Map<string, string[]>();
  for (const { id, events = [] } of leek.stored) {
    const known = states.get(id) ?? [];
    // Leek has the newest first.
    for (const state of [...events].reverse()) if (!known.includes(state)) known.push(state);
    states.set(id, known);
  }
  return states;
}

interface Inspected {
  readonly posted_events: number;
  readonly lost: number;
  readonly links: number;
  readonly duplicates: { readonly possible: number };
}

describeIf(
  [rabbitMq, "redis-server"].every((each) => find(each)),
  "RabbitMQ or Redis is not installed",
)("celery, whose Leek is away for a minute under load", () => {
  it("counts, loses nothing, stays small, keeps each task's order, and recovers", {
    timeout: 240_000,
  }, async () => {
    const [mq, redis] = [await startRabbitMq(tidy), await RedisServer.start(tidy)];
    const [one, other] = [await leekBehindDoor(), await leekBehindDoor()];
    const client = await redis.client(tidy);
    const config = configOf(mq.url(), redis.url, one.url, other.url);
    const ours = await startOutrider(tidy, { config });
    await until("it consumes", async () => (await mq.queues()).get("leek.fanout")?.consumers === 1);
    await until("it listens", async () => (await client.command("PUBSUB", "NUMPAT")) === 1);

    const load = new Load([toRabbit(mq.url()), toRedis(client)]);
    const both = [one, other];
    const posted = (least: () => number) => () => both.every(({ leek }) => leek.events >= least());
    const slowly = { within: 60_000, every: 500 };
    await until(
      "both are posting",
      posted(() => 5 * RATE),
      slowly,
    );
    const before = megabytes(ours);
    for (const { door } of both) door.refuse();
    const refused = await largestDuring(AWAY / 2, ours);
    for (const { leek, door } of both) {
      leek.mood = () => ({ status: 503 });
      door.admit();
    }
    const largest = Math.max(refused, await largestDuring(AWAY / 2, ours));
    const waiting = load.published - Math.min(...both.map(({ leek }) => leek.events));
    for (const { leek } of both) leek.mood = () => undefined;
    await until(
      "the backlog is posted while more comes",
      posted(() => load.published - 2 * RATE),
      slowly,
    );
    await load.end();
    await until(
      "all is posted",
      posted(() => load.published),
      slowly,
    );

    expect(waiting).toBeGreaterThan((0.9 * (RATE * AWAY)) / 1_000);
    expect(largest - before, `it grew from ${before} to ${largest} MiB`).toBeLessThan(GROWTH);
    for (const [name, { leek }] of [
      ["rabbit", one],
      ["redis", other],
    ] as const) {
      const inspected = await ours.api<{ inspect: Inspected }>(`/api/agents/${name}`);
      const { inspect: counts } = inspected;
      expect(counts).toMatchObject({ lost: 0, links: 1, posted_events: load.published });
      expect(leek.events - load.published).toBeLessThanOrEqual(counts.duplicates.possible);
      const disordered = [...told(leek)].filter(([, states]) =>
        states.some((state, index) => state !== inOrder[index]),
      );
      expect(disordered).toEqual([]);
      expect([...told(leek).values()].flat()).toHaveLength(load.published);
    }
    expect((await mq.queue("leek.fanout")).ready).toBe(0);
    expect(await client.command("KEYS", "*")).toEqual([]);
  });
});

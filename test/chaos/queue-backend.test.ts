import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { beforeEach, expect, it } from "vitest";
import { Backend } from "../tools/backend.ts";
import { describeWith } from "../tools/needs.ts";
import { backend, broker, publisher, queue, queueScene } from "../tools/queue-scene.ts";
import { expectAll, idsUpTo, queueHolds, runQueue } from "../tools/queue-stage.ts";
import { rabbitMq } from "../tools/rabbitmq.ts";
import { seeded } from "../tools/seeded.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

describeWith(rabbitMq)("events, when their backend is in trouble", () => {
  const tidy = new Tidy();
  let other: Backend;
  queueScene(tidy);
  beforeEach(async () => {
    other = await Backend.start(tidy);
  });

  const agent = (to: string, from: string, more: object = {}) => ({
    from: { amqp: { url: broker.url(), queue: from, prefetch: 20 } },
    to: [{ http: { url: to } }],
    workers: 10,
    timeout: "5s",
    retry: { first: "20ms", max: "200ms", times: 10_000 },
    ...more,
  });
  /** Runs the agent, and a neighbour, whose events arrive whatever happens to the first. */
  const run = async (more: object = {}) => {
    const orders = agent(backend.url, queue, more);
    const stage = await runQueue(tidy, { orders, neighbour: agent(other.url, `${queue}-b`) });
    await stage.isUp("orders");
    await stage.isUp("neighbour");
    return stage;
  };
  const neighbourServes = async () => {
    await publisher.put(`${queue}-b`, idsUpTo(20));
    await other.took(20, 3_000);
    expect(expectAll(idsUpTo(20), other.taken)).toBe(0);
  };
  const settled = () => queueHolds(broker, queue, { ready: 0, unacked: 0 });

  it("away for 60 s: with the usual retries nothing is set aside, and a neighbour does not notice", async () => {
    const { inspect, isUp } = await run({ retry: {} });
    const ids = idsUpTo(100);
    await publisher.put(queue, ids.slice(0, 50));
    await backend.took(50);
    await backend.leave();
    await publisher.put(queue, ids.slice(50));
    await pause(60_000);
    await neighbourServes();
    await backend.comeBack();
    // No pause between two tries is longer than a minute; by jitter it is between a half and all of what it would be.
    await backend.took(100, 90_000);
    await settled();
    expect([expectAll(ids, backend.taken), inspect("orders")["rejected"]]).toEqual([0, 0]);
    await isUp("orders", "sink");
  }, 200_000);

  it("away for a while: nothing is lost, nothing comes twice, and nothing is acknowledged meanwhile", async () => {
    const { part, isUp } = await run();
    const ids = idsUpTo(200);
    await publisher.put(queue, ids.slice(0, 50));
    await backend.took(50);
    await settled();
    await backend.leave();
    await publisher.put(queue, ids.slice(50));
    await until("it is down", () => part("orders", "sink")?.state === "down");
    await neighbourServes();
    await queueHolds(broker, queue, { ready: 130, unacked: 20 });
    await backend.comeBack();
    await backend.took(200);
    await settled();
    expect(expectAll(ids, backend.taken)).toBe(0);
    await isUp("orders", "sink");
  });

  it.each([
    ["a storm of 5xx", [500, 502, 503], "5s", 0],
    // A call whose time is over may have been taken all the same, on a machine that is busy: nobody can know.
    ["hangs, resets and torn answers", ["stall", "reset", "torn", "trickle"], "600ms", 10],
  ] as const)("%s: all arrive, and a neighbour does not notice", async (_, moods, timeout, most) => {
    const random = seeded();
    const ids = idsUpTo(100);
    let calm = false;
    backend.mood = () => (calm || random() < 0.5 ? 200 : moods[Math.floor(random() * moods.length)]!);
    await run({ timeout });
    await publisher.put(queue, ids);
    await backend.called(100);
    await neighbourServes();
    calm = true;
    await backend.took(100);
    await settled();
    expect(expectAll(ids, backend.taken)).toBeLessThanOrEqual(most);
    expect(backend.calls.length).toBeGreaterThan(110);
  });

  it("asked to wait by 429 and Retry-After, it does wait", async () => {
    const first = new Map<number, number>();
    backend.mood = ({ ids: [id = 0], at }) => {
      if (first.has(id)) return 200;
      first.set(id, at);
      return { status: 429, headers: { "retry-after": "1" } };
    };
    await run();
    await publisher.put(queue, idsUpTo(20));
    await backend.took(20);
    await settled();
    for (const {
      ids: [id = 0],
      at,
    } of backend.calls.slice(20))
      expect(at - first.get(id)!).toBeGreaterThan(980);
    expect(backend.calls.length).toBe(40);
  });

  it("poison and huge events: each is delivered or set aside, and the good ones do not wait", async () => {
    const ids = idsUpTo(60);
    backend.mood = ({ ids: [id = 0] }) => (id % 3 === 0 ? 422 : id % 10 === 1 ? 503 : 200);
    const { outrider } = await run({ retry: { times: 3, first: "10ms", max: "20ms" } });
    await publisher.put(queue, ids);
    await publisher.put(queue, [100, 102], { more: "x".repeat(20 * 2 ** 20) });
    await settled();
    const file = `${outrider.stateDir}/files/orders/rejected.ndjson`;
    const lines = readFileSync(file, "utf8").trim().split("\n");
    const aside = lines.map((line) => JSON.parse(JSON.parse(line).body).id as number);
    expect(backend.taken.has(100)).toBe(true);
    expect([...backend.taken.keys(), ...aside].toSorted((a, b) => a - b)).toEqual([...ids, 100, 102]);
    expect(backend.calls.find(({ ids: [id] }) => id === 100)?.body.length).toBeGreaterThan(20 * 2 ** 20);
    await neighbourServes();
  });

  it("a poison event that is given back for ever is tried more and more rarely, and costs next to nothing", async () => {
    backend.mood = 500;
    const { inspect } = await run({ profile: "krakend", retry: {} });
    await publisher.put(queue, [1]);
    // From the sixth on there are 3.2 s and more between two tries.
    await backend.called(6, 10_000);
    const { requeued = 0 } = inspect("orders");
    const began = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const { user, system } = process.cpuUsage(began);
    expect(inspect("orders")["requeued"]! - requeued).toBeLessThanOrEqual(1);
    // All of this process, the test and its backends included.
    expect((user + system) / 1_000).toBeLessThan(2_000 * 0.05);
  });
});

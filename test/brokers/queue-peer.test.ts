import { expect, it } from "vitest";
import { describeWith } from "../tools/needs.ts";
import { freePort } from "../tools/ports.ts";
import { backend, broker, publisher, queue, queueScene } from "../tools/queue-scene.ts";
import {
  type AgentOfPeer,
  fromKrakend,
  idsUpTo,
  peerAgent,
  queueHolds,
  runQueue,
} from "../tools/queue-stage.ts";
import { rabbitMq } from "../tools/rabbitmq.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

// Numbers and expectations: krakend-async §8. Each agent comes out of a krakend.json.
describeWith(rabbitMq)("an agent of KrakenD", () => {
  const tidy = new Tidy();
  queueScene(tidy);

  const document = (more: Partial<AgentOfPeer> = {}) => ({
    router: { disable_health: true },
    extra_config: { router: { disable_health: true } },
    async_agent: [peerAgent({ queue, host: broker.url(), backend: backend.url, ...more })],
  });
  /** Runs it, and waits until it consumes. */
  const run = async (more: Partial<AgentOfPeer> = {}) => {
    const stage = await runQueue(tidy, fromKrakend(document(more)).agents);
    await stage.isUp("orders");
    return stage;
  };
  const gaps = () => backend.calls.slice(1).map(({ at }, index) => at - backend.calls[index]!.at);

  it("R1 goes on trying an event that always fails, which never leaves its queue; and does so with a brake", async () => {
    backend.mood = 500;
    const { inspect } = await run();
    await publisher.put(queue, [1]);
    await backend.called(5);
    const { ready, unacked } = await broker.queue(queue);
    expect(ready + unacked).toBe(1);
    expect(backend.tries(1)).toBe(backend.calls.length);
    // At once, then after 200, 400, 800 ms: a timer may be a little early.
    expect(gaps()[2]).toBeGreaterThan(350);
    expect(gaps()[3]).toBeGreaterThan(750);
    await publisher.put(queue, [2]);
    backend.mood = ({ ids }) => (ids[0] === 2 ? 200 : 500);
    // It keeps nobody else waiting.
    await backend.took(1, 500);
    expect(inspect("orders")["requeued"]).toBeGreaterThanOrEqual(4);
  });

  it("R2 tries an event once with `nack_discard`, and the queue is empty", async () => {
    backend.mood = 500;
    await run({ driver: { nack_discard: true } });
    await publisher.put(queue, idsUpTo(5));
    await backend.called(5);
    await queueHolds(broker, queue, { ready: 0, unacked: 0 });
    expect(idsUpTo(5).map((id) => backend.tries(id))).toEqual([1, 1, 1, 1, 1]);
  });

  it("R2 has the broker dead-letter what was discarded, where a policy says so", async () => {
    backend.mood = 500;
    const channel = await publisher.channel();
    await channel.assertQueue(`${queue}-dead`);
    await broker.setPolicy(queue, `^${queue}$`, {
      "dead-letter-exchange": "",
      "dead-letter-routing-key": `${queue}-dead`,
    });
    await run({ driver: { nack_discard: true } });
    await publisher.put(queue, idsUpTo(3));
    await queueHolds(broker, `${queue}-dead`, { ready: 3 });
    expect(backend.calls.length).toBe(3);
  });

  it("R3 tries an event once with `auto_ack`, says that it failed, and the queue is empty", async () => {
    backend.mood = 500;
    const { lines, inspect, stop } = await run({ driver: { auto_ack: true } });
    await publisher.put(queue, [1]);
    await until("it said so", () => lines.some(({ level }) => level === "error"));
    await queueHolds(broker, queue, { ready: 0, unacked: 0 });
    expect(backend.tries(1)).toBe(1);
    const line = lines.find(({ level }) => level === "error");
    expect(line?.message).toMatch(
      /^\[SERVICE: AsyncAgent\]\[AMQP\]\[orders\] invalid status code 500 \[POST \/in\]: http/,
    );
    expect(inspect("orders")).toMatchObject({ rejected: 1, requeued: 0 });
    await stop("orders");
    const said = (what: string) =>
      lines.find(({ message }) => message === `[SERVICE: AsyncAgent][AMQP][orders] consumer ${what}`)?.level;
    expect([said("starting"), said("stopped")]).toEqual(["info", "warn"]);
  });

  it("R4 sends with `max_rate` 2 two at once, then two a second in all, whatever the workers", async () => {
    const ids = idsUpTo(8);
    await run({ consumer: { max_rate: 2, workers: 4 } });
    await publisher.put(queue, ids);
    await backend.took(8);
    const [first, second] = gaps();
    const all = backend.calls.at(-1)!.at - backend.calls[0]!.at;
    // Half a second lies between two that wait for a token.
    expect(first).toBeLessThan(350);
    expect(second).toBeGreaterThan(350);
    expect(all).toBeGreaterThan(2_700);
    expect(all).toBeLessThan(4_500);
  });

  it("R5 comes back a second after a good connection has ended, and two seconds after one that had not lasted", async () => {
    const { part, isUp } = await run();
    const down = () => until("it is down", () => part("orders")?.state === "down");
    const pause = () => part("orders")!.retryAt! - Date.now();
    // Longer than a link has to hold to count as a good one.
    await until("it has held", () => Date.now() - part("orders")!.since > 5_100, { every: 100 });
    await broker.closeConnections();
    await down();
    expect(pause()).toBeGreaterThan(600);
    expect(pause()).toBeLessThanOrEqual(1_000);
    await isUp("orders");
    await broker.closeConnections();
    await down();
    expect(pause()).toBeGreaterThan(1_600);
    expect(pause()).toBeLessThanOrEqual(2_000);
  });

  it("R6, R7 gives up after `max_retries`, at 0, 1 and 3 seconds; the other agent goes on", async () => {
    const port = await freePort();
    const lost = { queue: "none", host: `amqp://127.0.0.1:${port}`, backend: backend.url };
    const { async_agent } = document();
    const both = [...async_agent, peerAgent({ ...lost, connection: { max_retries: 2 } }, "lost")];
    const began = performance.now();
    const { agents } = fromKrakend({ ...document(), async_agent: both });
    const { outrider, isUp, lines } = await runQueue(tidy, agents);
    await isUp("orders");
    await until("it gave up", () => outrider.status("lost").standing === "failed");
    const took = performance.now() - began;
    expect(took).toBeGreaterThan(2_900);
    expect(took).toBeLessThan(4_500);
    expect(lines.find(({ message }) => message === "agent fell")).toMatchObject({
      agent: "lost",
      code: "gave_up",
    });
    await publisher.put(queue, [1]);
    await backend.took(1);
    expect(outrider.status("orders").standing).toBe("ready");
  });

  it("R8 finishes a call when it is told to stop, and the event is done", async () => {
    let answer = () => {};
    backend.mood = () => new Promise((resolve) => (answer = () => resolve(200)));
    const { stop, outrider } = await run();
    await publisher.put(queue, [1]);
    await backend.called(1);
    const stopped = stop("orders");
    await until("it is told to stop", () => outrider.status("orders").standing === "stopping");
    await publisher.put(queue, [2]);
    answer();
    await stopped;
    // What came after the signal was not begun, and is there for others.
    await queueHolds(broker, queue, { ready: 1, unacked: 0 });
    expect([backend.tries(1), backend.tries(2)]).toEqual([1, 0]);
  });

  it("R9 leaves `prefetch_size` out, says so, and runs", async () => {
    const driver = { prefetch_size: 100 };
    expect(fromKrakend(document({ driver })).notes).toContainEqual(
      expect.stringMatching(/refused by RabbitMQ/),
    );
    await run({ driver });
    await publisher.put(queue, [1]);
    await backend.took(1);
  });

  it("R10 makes with `exclusive` no exchange that nobody can publish to", async () => {
    await run({ driver: { exclusive: true } });
    expect(await broker.queue(queue)).toMatchObject({ exclusive: true });
    await publisher.send(`${queue}-x`, "any", [1]);
    await backend.took(1);
  });

  it("R11 takes 10 of 20 events with 2 workers and no `prefetch_count`", async () => {
    let answer = () => {};
    const answered = new Promise<number>((resolve) => (answer = () => resolve(200)));
    backend.mood = () => answered;
    await run({ driver: { prefetch_count: undefined } });
    await publisher.put(queue, idsUpTo(20));
    await backend.called(2);
    await queueHolds(broker, queue, { ready: 10, unacked: 10 });
    expect(backend.most).toBe(2);
    answer();
  });

  it("R12 runs with the flat layout and the driver key of the page", async () => {
    const {
      name,
      backend: to,
      extra_config,
    } = document().async_agent[0] as Record<string, Record<string, never>>;
    const flat = {
      name,
      topic: "a.*",
      workers: 1,
      backend: to,
      extra_config: { "backend/amqp/consumer": extra_config!["async/amqp"] },
    };
    const { agents, notes } = fromKrakend({ ...document(), async_agent: [flat] });
    expect(notes).toContainEqual(expect.stringMatching(/no released KrakenD starts an agent with this key/));
    const { isUp } = await runQueue(tidy, agents);
    await isUp("orders");
    await publisher.send(`${queue}-x`, "a.b", [1]);
    await backend.took(1);
  });

  it("R13 shows each agent on the health endpoint with a time that moves on", async () => {
    const port = await freePort();
    const health = { listen_ip: "127.0.0.1", port, extra_config: {} };
    const { agents } = fromKrakend({ ...document({ connection: { health_interval: "1s" } }), ...health });
    const { isUp } = await runQueue(tidy, agents);
    await isUp("orders");
    const ask = async () =>
      (await (await fetch(`http://127.0.0.1:${port}/__health`)).json()) as {
        status: string;
        agents: Record<string, string>;
      };
    const { status, agents: seen } = await ask();
    expect(status).toBe("ok");
    expect(seen["orders"]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ [+-]\d{4} \S+ m=[+-]\d+\.\d+$/);
    await until("it moves", async () => (await ask()).agents["orders"] !== seen["orders"]);
  });

  it.each([
    ["a login", () => ({ host: broker.url("%2F", "guest:wrong") })],
    ["a vhost", () => ({ host: broker.url("nowhere") })],
    ["a declaration", () => ({ driver: { durable: false } })],
  ])(
    "gives up after `max_retries` where %s is refused, with the pauses of its strategy",
    async (_, wrong) => {
      await (await publisher.channel()).assertQueue(queue, { durable: true });
      const more = { ...wrong(), connection: { max_retries: 2, backoff_strategy: "linear" } };
      const began = performance.now();
      const { part } = await runQueue(tidy, fromKrakend(document(more)).agents);
      const gaveUp = () => part("orders")?.problem?.code === "gave_up";
      await until("it gives up", gaveUp, { within: 15_000 });
      // After 1 s and 2 s.
      expect(performance.now() - began).toBeGreaterThan(2_900);
      expect(part("orders")?.problem?.message).toMatch(/gave up after 3 tries/);
    },
  );
});

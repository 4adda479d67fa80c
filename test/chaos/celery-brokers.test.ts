import { expect, it } from "vitest";
import { celery } from "../../src/agents/celery/index.ts";
import type { AgentKind } from "../../src/core/agent.ts";
import { AmqpSink } from "../../src/wire/amqp/sink.ts";
import { outriderOf } from "../tools/in-process.ts";
import { LeekStandIn } from "../tools/leek-api.ts";
import { describeWith } from "../tools/needs.ts";
import { rabbitMq, startRabbitMq } from "../tools/rabbitmq.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

const tidy = new Tidy();

describeWith(rabbitMq)("celery, whose broker ends its connections", () => {
  it("loses nothing, and does not count twice what it had posted before", { timeout: 120_000 }, async () => {
    const [mq, leek] = [await startRabbitMq(tidy), await LeekStandIn.start(tidy)];
    const { outrider } = await outriderOf(
      tidy,
      `agents:
  a:
    kind: celery
    from: { amqp: { url: "${mq.url()}" } }
    to: { leek: { url: "${leek.url}", app: leek, key: app-KEY } }
    batch: { items: 50, window: 50ms }
    retry: { first: 50ms, max: 200ms }
`,
      [celery] as unknown as AgentKind[],
    );
    await outrider.start();
    await until("it consumes", async () => (await mq.queues()).get("leek.fanout")?.consumers === 1);
    const { signal } = new AbortController();
    let number = 0;
    for (let round = 0; round < 5; round++) {
      const publisher = new AmqpSink({ urls: [mq.url()], persistent: false });
      const items = Array.from({ length: 400 }, () => ({
        exchange: "celeryev",
        routingKey: "task.started",
        body: Buffer.from(
          JSON.stringify({
            type: "task-started",
            uuid: `t-${number}`,
            hostname: "w",
            timestamp: 1,
            utcoffset: 0,
            pid: 1,
            clock: number++,
          }),
        ),
        properties: { contentType: "application/json" },
      }));
      await publisher.write(items, signal);
      await publisher.close();
      await mq.closeConnections();
    }
    await until("all are posted", () => leek.states().size === number, { within: 30_000 });
    await until("the queue is drained", async () => {
      const { ready, unacked } = await mq.queue("leek.fanout");
      return ready + unacked === 0;
    });
    const { links, duplicates } = outrider.agent("a").agent!.inspect!() as {
      links: number;
      duplicates: { suppressed: number };
    };
    expect(links).toBeGreaterThan(1);
    // What was posted and could not be acknowledged any more comes again, and is left out; at most a batch slips through.
    expect(leek.events - number).toBeLessThanOrEqual(5 * 50);
    expect(duplicates.suppressed).toBeGreaterThanOrEqual(0);
  });
});

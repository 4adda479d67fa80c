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
const ITEMS = 50;
const CUTS = 5;

interface Inspected {
  readonly links: number;
  readonly duplicates: { readonly suppressed: number };
}

function started(number: number) {
  const common = { hostname: "w", timestamp: 1, utcoffset: 0, pid: 1, clock: number };
  return {
    exchange: "celeryev",
    routingKey: "task.started",
    body: Buffer.from(JSON.stringify({ type: "task-started", uuid: `t-${number}`, ...common })),
    properties: { contentType: "application/json" },
  };
}

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
    batch: { items: ${ITEMS}, window: 50ms }
    retry: { first: 50ms, max: 200ms }
`,
      [celery] as unknown as AgentKind[],
    );
    const inspect = () => outrider.agent("a").agent!.inspect!() as Inspected;
    await outrider.start();
    await until("it consumes", async () => (await mq.queues()).get("leek.fanout")?.consumers === 1);
    const theirs = new Set((await mq.connectionsByName()).values());
    const publisher = new AmqpSink({ urls: [mq.url()], persistent: false });
    tidy.later(() => publisher.close());
    const { signal } = new AbortController();
    let number = 0;
    const publish = () =>
      publisher.write(
        Array.from({ length: ITEMS }, () => started(number++)),
        signal,
      );
    await publish();
    const [ours = ""] = [...(await mq.connectionsByName()).values()].filter((pid) => !theirs.has(pid));
    const others = `rabbit_networking:connections() -- [list_to_pid("${ours}")]`;
    const cut = () => mq.evaluate(`begin rabbit_networking:close_connections(${others}, <<"cut">>), ok end`);

    // Each connection is ended while Leek holds a batch, which it stores, and which nobody can acknowledge any more.
    let cuts = 0;
    const ended = new Set<number>();
    leek.mood = ({ method }, documents) => {
      const { links } = inspect();
      if (method !== "POST" || documents.length === 0 || cuts === CUTS || ended.has(links)) return undefined;
      ended.add(links);
      return { after: cut().then(() => cuts++) };
    };
    // All the while, and a little longer, events are published.
    while (cuts < CUTS) await publish();
    for (let more = 0; more < 10; more++) await publish();

    await until("all are posted", () => leek.states().size === number, { within: 30_000 });
    await until("the queue is drained", async () => {
      const { ready, unacked } = await mq.queue("leek.fanout");
      return ready + unacked === 0;
    });
    const { links, duplicates } = inspect();
    expect(links).toBe(CUTS + 1);
    // What was posted and could not be acknowledged any more comes again, and is left out.
    expect(duplicates.suppressed).toBeGreaterThanOrEqual(CUTS);
    // At most a batch slips through for each connection: what came again before Leek had answered.
    expect(leek.events - number).toBeLessThanOrEqual(CUTS * ITEMS);
  });
});

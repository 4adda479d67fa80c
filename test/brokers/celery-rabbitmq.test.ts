import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "amqplib";
import { expect, it } from "vitest";
import type { Document } from "../../src/agents/celery/document.ts";
import { celery } from "../../src/agents/celery/index.ts";
import { mergeAll } from "../../src/agents/celery/merge.ts";
import type { AgentKind } from "../../src/core/agent.ts";
import { AmqpSink } from "../../src/wire/amqp/sink.ts";
import { CeleryApp, hasCelery } from "../tools/celery.ts";
import { outriderOf } from "../tools/in-process.ts";
import { LeekStandIn } from "../tools/leek-api.ts";
import { describeIf, describeWith } from "../tools/needs.ts";
import { type RabbitMq, rabbitMq, startRabbitMq } from "../tools/rabbitmq.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";
import { vectors } from "../tools/vectors.ts";

const broker = new Tidy("all");
const tidy = new Tidy();
const kinds = [celery] as unknown as AgentKind[];
let shared: Promise<RabbitMq> | undefined;
const rabbit = () => (shared ??= startRabbitMq(broker));
let queues = 0;

/** An agent between the broker and a stand-in for Leek, each with a queue of its own. */
async function carrying(more = "window: 200ms", from = "", agent = "", to = "") {
  const [mq, leek] = [await rabbit(), await LeekStandIn.start(tidy)];
  const queue = `leek.test.${++queues}`;
  const text = `agents:
  leek-prod:
    kind: celery
    from: { amqp: { url: "${mq.url()}", queue: "${queue}"${from} } }
    to: { leek: { url: "${leek.url}", app: leek, key: app-KEY${to} } }
    batch: { ${more} }
    retry: { first: 100ms, max: 500ms }
${agent}`;
  const made = await outriderOf(tidy, text, kinds);
  await made.outrider.start();
  await until("it consumes", async () => (await mq.queues()).get(queue)?.consumers === 1);
  const publisher = new AmqpSink({ urls: [mq.url()], persistent: false });
  tidy.later(() => publisher.close());
  const publish = (...bodies: readonly unknown[]) =>
    publisher.write(
      bodies.map((body) => ({
        exchange: "celeryev",
        routingKey: "task.multi",
        body: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)),
        properties: { contentType: "application/json", contentEncoding: "utf-8" },
      })),
      new AbortController().signal,
    );
  const drained = () =>
    until("the queue is drained", async () => {
      const { ready, unacked } = await mq.queue(queue);
      return ready + unacked === 0;
    });
  const inspect = () => made.outrider.agent("leek-prod").agent?.inspect?.() as Record<string, never>;
  return { ...made, mq, leek, queue, publish, drained, inspect };
}

let clock = 0;
export function event(uuid: string, type = "task-started", more: object = {}): object {
  const common = { hostname: "w1@h", utcoffset: 0, pid: 7, clock: ++clock, timestamp: 1_700_000_000 + clock };
  return { ...common, uuid, type, ...more };
}

describeWith(rabbitMq)("celery from RabbitMQ", () => {
  it("makes the peer's topology on a fresh broker", async () => {
    const { mq, queue } = await carrying();
    const report = await mq.queue(queue);
    expect(report).toMatchObject({
      durable: true,
      exclusive: false,
      auto_delete: false,
      type: "classic",
      consumers: 1,
    });
    const wanted = vectors<{ topology_declared_by_peer_agent: { exchange: object } }>(
      "celery-events-amqp.json",
    );
    const told = await mq.evaluate(
      `[#{name => element(4, element(2, E)), type => element(3, E), durable => element(4, E), auto_delete => element(5, E), internal => element(6, E)}
        || E <- rabbit_exchange:list(<<"/">>), element(4, element(2, E)) =:= <<"celeryev">>]`,
    );
    expect(told).toEqual(
      [{ ...wanted.topology_declared_by_peer_agent.exchange, arguments: undefined }].map(clean),
    );
    const bindings = await mq.evaluate(
      `[element(3, B) || B <- rabbit_binding:list_for_destination(rabbit_misc:r(<<"/">>, queue, <<"${queue}">>))]`,
    );
    // The default exchange binds every queue by its name.
    expect([...(bindings as string[])].sort()).toEqual(["#", queue]);
  });

  it("takes a queue over from the peer and gives it back, also one with other arguments", async () => {
    const mq = await rabbit();
    const connection = await connect(mq.url());
    tidy.later(() => connection.close());
    const channel = await connection.createChannel();
    const peer = async (queue: string, options: object) => {
      await channel.assertExchange("celeryev", "topic", { durable: true });
      await channel.assertQueue(queue, { durable: true, ...options });
      await channel.bindQueue(queue, "celeryev", "#");
    };
    for (const options of [{}, { arguments: { "x-max-length": 100_000 } }]) {
      const queue = `leek.test.${queues + 1}`;
      await peer(queue, options);
      channel.publish("celeryev", "task.started", Buffer.from(JSON.stringify(event("before"))), {
        contentType: "application/json",
      });
      const { leek, outrider, drained } = await carrying("window: 100ms");
      await until("what waited there is posted", () => leek.stored.length === 1);
      await drained();
      await outrider.close();
      // The peer declares everything anew, and finds it as it left it.
      await peer(queue, options);
      await channel.deleteQueue(queue);
    }
  });

  it("posts three events within the window and a second, though nothing follows", async () => {
    const { leek, publish, drained } = await carrying("window: 1s");
    const began = Date.now();
    await publish(event("a"), event("b"), event("c"));
    await until("three are posted", () => leek.stored.length === 3);
    expect(Date.now() - began).toBeLessThan(2_000);
    await drained();
  });

  it("sets a poison event aside with its reason, and posts all others; replay sends it again", async () => {
    const { leek, publish, drained, source, outrider, inspect } = await carrying();
    await publish(
      [event("a"), event("poison", "task-started", { timestamp: 1e300 }), event("b")],
      event("c"),
    );
    await until("three are posted", () => leek.stored.length === 3);
    await drained();
    const file = join(source.stateDir, "files", "leek-prod", "rejected.ndjson");
    const [line, ...rest] = readFileSync(file, "utf8").trimEnd().split("\n");
    expect(rest).toEqual([]);
    expect(JSON.parse(line!)).toMatchObject({
      event: { uuid: "poison" },
      reason: expect.stringMatching(/no time/),
    });
    expect(inspect()).toMatchObject({ rejected: 1, posted_events: 3 });
    expect(await outrider.call("leek-prod", "replay", {})).toEqual({ replaying: true });
    await until(
      "it is rejected again",
      () => (inspect()["replay"] as unknown as { last?: object }).last !== undefined,
    );
    expect(inspect()).toMatchObject({ replay: { last: { rejected: 1, delivered: 0 } } });
  });

  it("finds the one document of a thousand that Leek refuses", async () => {
    const { leek, publish, drained, inspect } = await carrying("items: 1000, window: 2s");
    leek.mood = (_, documents) =>
      documents.some(({ id }) => id === "bad-617") ? { status: 409, body: "refused" } : undefined;
    await publish(Array.from({ length: 1_000 }, (_, n) => event(n === 617 ? "bad-617" : `t-${n}`)));
    await drained();
    expect(leek.states().size).toBe(999);
    expect(inspect()).toMatchObject({ rejected: 1, posted_documents: expect.any(Number) });
  });

  it("waits for a slow Leek without losing its connection, and posts again what was not answered in time", async () => {
    const { leek, publish, drained, inspect } = await carrying(
      "window: 50ms",
      ", heartbeat: 1s",
      "",
      ", timeout: 3s",
    );
    // Longer than the broker would wait for heartbeats.
    leek.mood = ({ method }) => (method === "POST" ? { delay: 2_500 } : undefined);
    await publish(event("slow"));
    await drained();
    expect(leek.posted()).toHaveLength(1);
    leek.mood = ({ method }) => (method === "POST" ? { hang: true, store: true } : undefined);
    await publish(event("hung"));
    await until(
      "it was given up",
      () => (inspect()["duplicates"] as unknown as { possible: number }).possible === 1,
    );
    leek.mood = () => undefined;
    await drained();
    expect(leek.states().get("hung")).toEqual(["STARTED", "STARTED"]);
    expect(inspect()).toMatchObject({ links: 1, rejected: 0 });
  });

  it("asks for OPTIONS and GET first and posts with the peer's headers", async () => {
    const { leek, publish } = await carrying();
    await publish(event("a"));
    await until("it is posted", () => leek.stored.length === 1);
    const recorded = vectors<{ requests: { method: string; path: string; raw_headers: string[] }[] }>(
      "leek-agent-requests.json",
    );
    const wanted = ["OPTIONS", "GET", "POST"].map(
      (method) => recorded.requests.find((each) => each.method === method)!,
    );
    const asked = leek.requests.filter(({ path }) => path !== "/v1/swagger.json");
    expect(asked.slice(0, 3).map(({ method, path }) => ({ method, path }))).toEqual(
      wanted.map(({ method, path }) => ({ method, path })),
    );
    for (const [index, { raw_headers }] of wanted.entries()) {
      const names = raw_headers.filter((_, at) => at % 2 === 0 && raw_headers[at]!.startsWith("x-"));
      for (const name of names) expect(asked[index]!.headers[name], name).toBeDefined();
    }
    const headers = Object.fromEntries(
      Object.entries(asked[2]!.headers).filter(([name]) => name.startsWith("x-") || name === "content-type"),
    );
    expect(headers).toEqual({
      "x-requested-with": "leek-agent",
      "x-agent-version": "1.0.0",
      "x-leek-org-name": "mono",
      "x-leek-app-name": "leek",
      "x-leek-app-key": "app-KEY",
      "x-leek-app-env": "prod",
      "content-type": "application/json",
    });
  });

  describeIf(hasCelery, "Debian's python3-celery is not installed")("a real Celery worker", () => {
    it("is followed through success, failure, retries, rejection, revocation", {
      timeout: 90_000,
    }, async () => {
      const { mq, leek, drained, inspect } = await carrying("window: 500ms");
      const app = await CeleryApp.start(tidy, mq.url());
      const ids = JSON.parse(
        await app.run(`
import json
ids = {"add": add.delay(4, 4).id, "boom": boom.delay().id, "recovers": recovers.delay().id, "rejected": rejected.delay().id,
       "late": slow.apply_async((0.1,), expires=-5).id, "progress": progress.delay().id}
killed = slow.delay(30); ids["killed"] = killed.id
time.sleep(1); app.control.revoke(killed.id, terminate=True, signal="SIGKILL")
print(json.dumps(ids))`),
      ) as Record<string, string>;
      // Whichever of a task's events came in one batch: Leek takes together what it gets of a task, as we do in a batch.
      const seen = (name: string) =>
        mergeAll(leek.stored.filter(({ id }) => id === ids[name]) as unknown as Document[])[0]?.document;
      await until("all have ended", () =>
        [
          ["add", "SUCCEEDED"],
          ["boom", "FAILED"],
          ["recovers", "RECOVERED"],
          ["rejected", "REJECTED"],
          ["late", "REVOKED"],
          ["killed", "REVOKED"],
          ["progress", "SUCCEEDED"],
        ].every(([name, state]) => seen(name!)?.state === state),
      );
      expect(seen("recovers")).toMatchObject({ state: "RECOVERED", retries: 2 });
      const whole = leek.stored.find(({ id, events }) => id === ids["add"] && events?.includes("SUCCEEDED"))!;
      expect(whole).toMatchObject({ state: "SUCCEEDED", result: "8", worker: "w1@lab" });
      await until("it beats", () => leek.states().get("w1@lab")?.includes("HEARTBEAT"));
      await app.stop();
      await drained();
      expect(inspect()).toMatchObject({
        dropped: { unknown_type: 1, undecodable: 0 },
        rejected: 0,
        missing: [],
      });
    });
  });
});

function clean(value: object): object {
  return JSON.parse(JSON.stringify(value)) as object;
}

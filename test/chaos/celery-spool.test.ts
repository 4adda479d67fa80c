import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { celery } from "../../src/agents/celery/index.ts";
import type { AgentKind } from "../../src/core/agent.ts";
import { outriderOf } from "../tools/in-process.ts";
import { LeekStandIn } from "../tools/leek-api.ts";
import { describeWith } from "../tools/needs.ts";
import { RedisServer } from "../tools/redis.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

const tidy = new Tidy();
const TASKS = 1_200;
const SPOOL = 1_000_000;

interface Inspected {
  readonly messages: number;
  readonly events: number;
  readonly lost: number;
  readonly in_flight: number;
  readonly spool_lost: { readonly ended: number; readonly other: number };
}

/** What a worker publishes of one task: three messages, the last with two events. */
function messagesOf(task: number): string[] {
  const common = { uuid: `t-${task}`, hostname: "w1@h", utcoffset: 0, pid: 7, timestamp: 1_700_000_000 };
  const event = (name: string, more = {}) => ({ ...common, type: `task-${name}`, clock: task, ...more });
  const known = { name: "shop.add", args: "(4, 4)", kwargs: "{}", retries: 0, eta: null, expires: null };
  const ended = task % 2 === 0 ? event("succeeded", { result: "8", runtime: 0.1 }) : event("failed");
  const bodies = [event("sent", known), event("received", known), [event("started"), ended]];
  return bodies.map((body) =>
    JSON.stringify({
      body: Buffer.from(JSON.stringify(body)).toString("base64"),
      "content-type": "application/json",
      headers: { hostname: "w1@h" },
      properties: { body_encoding: "base64", delivery_tag: `${task}` },
    }),
  );
}

const bytesIn = (folder: string): number =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".log"))
    .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);

describeWith("redis-server")("celery from Redis, whose spool is full", () => {
  it("lets the begin of tasks go before their end, stays within its limit, counts, and recovers", {
    timeout: 90_000,
  }, async () => {
    const [redis, leek] = [await RedisServer.start(tidy), await LeekStandIn.start(tidy)];
    leek.remembers = false;
    leek.mood = () => ({ status: 503 });
    const text = `agents:
  leek:
    kind: celery
    from: { redis: { url: "${redis.url}", spool: ${SPOOL}B } }
    to: { leek: { url: "${leek.url}", app: leek, key: app-KEY } }
    batch: { items: 100, window: 50ms }
    retry: { first: 50ms, max: 200ms }
`;
    const { outrider, source } = await outriderOf(tidy, text, [celery] as unknown as AgentKind[]);
    await outrider.start();
    const inspect = () => outrider.agent("leek").agent?.inspect?.() as Inspected;
    const room = () => outrider.status("leek").parts.find(({ name }) => name === "spool");
    const client = await redis.client(tidy);
    await until("it listens", async () => (await client.command("PUBSUB", "NUMPAT")) === 1);

    for (let task = 0; task < TASKS; task++) {
      await Promise.all(
        messagesOf(task).map((each) => client.command("PUBLISH", "/0.celeryev/task.multi", each)),
      );
    }
    await until("all are received", () => inspect().messages === 3 * TASKS);
    await until("it is told that the spool is full", () => room()?.problem?.code === "spool_full");
    const metrics = await outrider.metrics.text();
    expect(metrics).toMatch(/outrider_celery_spool_lost_total\{[^}]*what="other"[^}]*\} [1-9]/);
    const spool = join(source.stateDir, "spools");
    // A chunk may be on its way in before others go.
    expect(bytesIn(spool)).toBeLessThanOrEqual(1.3 * SPOOL);

    leek.mood = () => undefined;
    await until(
      "what is left is posted",
      () => {
        const { ended, other } = inspect().spool_lost;
        return leek.events + ended + other === 4 * TASKS;
      },
      { within: 30_000, every: 200 },
    );
    const { lost, spool_lost } = inspect();
    expect([lost, spool_lost.ended]).toEqual([0, 0]);
    expect(spool_lost.other).toBeGreaterThan(TASKS);
    const states = leek.states();
    const ends = Array.from({ length: TASKS }, (_, task) => states.get(`t-${task}`)?.at(-1));
    expect(ends.filter((state) => state !== "SUCCEEDED" && state !== "FAILED")).toEqual([]);
    await until("there is room again", () => room()?.state === "up");
    await client.command("PUBLISH", "/0.celeryev/task.multi", messagesOf(TASKS)[0]!);
    await until("it goes on", () => leek.states().has(`t-${TASKS}`));
  });
});

import { expect, it } from "vitest";
import { celery } from "../../src/agents/celery/index.ts";
import type { AgentKind } from "../../src/core/agent.ts";
import type { RedisConnection } from "../../src/wire/redis/connection.ts";
import { CeleryApp, hasCelery } from "../tools/celery.ts";
import { outriderOf } from "../tools/in-process.ts";
import { LeekStandIn } from "../tools/leek-api.ts";
import { describeIf, describeWith } from "../tools/needs.ts";
import { startOutrider } from "../tools/outrider.ts";
import { RedisServer, startSentinel } from "../tools/redis.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";
import { vectors } from "../tools/vectors.ts";

const tidy = new Tidy();
const kinds = [celery] as unknown as AgentKind[];

interface Inspected {
  readonly posted_events: number;
  readonly events: number;
  readonly messages: number;
  readonly lost: number;
  readonly links: number;
  readonly missing: readonly object[];
}

/** An agent between a Redis and a stand-in for Leek. @param from beside `url` */
async function carrying(url: string, from = "", options: { leek?: LeekStandIn; more?: string } = {}) {
  const leek = options.leek ?? (await LeekStandIn.start(tidy));
  const text = `agents:
  leek-prod:
    kind: celery
    from: { redis: { url: "${url}"${from} } }
    to: { leek: { url: "${leek.url}", app: leek, key: app-KEY } }
    batch: { window: 100ms }
    retry: { first: 100ms, max: 300ms }
${options.more ?? ""}`;
  const made = await outriderOf(tidy, text, kinds);
  await made.outrider.start();
  const inspect = () => made.outrider.agent("leek-prod").agent?.inspect?.() as Inspected;
  return { ...made, leek, inspect };
}

async function listening(client: RedisConnection, patterns = 1): Promise<void> {
  await until("it listens", async () => (await client.command("PUBSUB", "NUMPAT")) === patterns);
}

let clock = 0;
function envelope(uuid: string, tag = `tag-${++clock}`): string {
  const common = { hostname: "w1@h", utcoffset: 0, pid: 7, clock: ++clock, timestamp: 1_700_000_000 + clock };
  const body = JSON.stringify({ ...common, uuid, type: "task-started" });
  return JSON.stringify({
    body: Buffer.from(body).toString("base64"),
    "content-type": "application/json",
    properties: { body_encoding: "base64", delivery_tag: tag },
  });
}

describeWith("redis-server")("celery from Redis", () => {
  it("takes the recorded session and leaves other channels alone, and no key behind", async () => {
    const redis = await RedisServer.start(tidy);
    const client = await redis.client(tidy);
    const { leek, inspect } = await carrying(`${redis.url}/2`);
    await listening(client);
    const { messages } = vectors<{ messages: { channel: string; payload_utf8: string }[] }>(
      "celery-events-redis.json",
    );
    for (const { channel, payload_utf8 } of messages) await client.command("PUBLISH", channel, payload_utf8);
    const wanted = messages.filter(({ channel }) => channel.startsWith("/2.celeryev/")).length;
    await until(
      "all have come",
      () => inspect().messages === wanted && inspect().posted_events === inspect().events,
    );
    expect(inspect()).toMatchObject({ lost: 0, links: 1, dropped: { undecodable: 0, unknown_type: 1 } });
    expect(leek.events).toBe(inspect().events);
    expect(await client.command("KEYS", "*")).toEqual([]);
  });

  it("goes on after the server was killed and came back", async () => {
    const redis = await RedisServer.start(tidy);
    const { leek, inspect } = await carrying(redis.url);
    await listening(await redis.client(tidy));
    await redis.kill();
    await redis.up();
    const client = await redis.client(tidy);
    await listening(client);
    await client.command("PUBLISH", "/0.celeryev/task.started", envelope("after"));
    await until("it is posted", () => leek.stored.length === 1);
    expect(inspect().links).toBe(2);
  });

  it("keeps what comes while Leek is away, also over a restart of ours", async () => {
    const redis = await RedisServer.start(tidy);
    const client = await redis.client(tidy);
    const { leek, outrider, inspect, source } = await carrying(redis.url);
    await listening(client);
    leek.mood = () => ({ status: 503 });
    for (let n = 0; n < 300; n++)
      await client.command("PUBLISH", "/0.celeryev/task.started", envelope(`t-${n}`));
    await until("all are received", () => inspect().messages === 300);
    await outrider.close();
    leek.mood = () => undefined;
    const again = await outriderOf(tidy, `state: { dir: "${source.stateDir}" }\n${source.text}`, kinds);
    await again.outrider.start();
    await until("all are posted", () => leek.states().size === 300);
    expect(await client.command("KEYS", "*")).toEqual([]);
  });

  it("knows keyprefixes and the older names of channels", async () => {
    const redis = await RedisServer.start(tidy);
    const client = await redis.client(tidy);
    const leek = await LeekStandIn.start(tidy);
    const ways: [string, string][] = [
      [`, global_keyprefix: "pfx:"`, "pfx:/4.celeryev/task.started"],
      [`, fanout_prefix: "/mine."`, "/mine.celeryev/task.started"],
      [", fanout_prefix: false", "celeryev/task.started"],
      [", fanout_patterns: false", "/4.celeryev"],
      [`, exchange: "ev[1]*"`, "/4.ev[1]*/task.started"],
    ];
    for (const [index, [from, channel]] of ways.entries()) {
      const { outrider } = await carrying(`${redis.url}/4`, from, { leek });
      await listening(client);
      await client.command("PUBLISH", channel, envelope(`way-${index}`));
      await until(`${channel} is posted`, () => leek.stored.length === index + 1);
      await outrider.close();
    }
    expect([...leek.states().keys()]).toEqual(ways.map((_, index) => `way-${index}`));
  });

  it("comes by a Unix socket, and says what is wrong with a password", async () => {
    const redis = await RedisServer.start(tidy, { password: "canary" });
    const { outrider } = await carrying(`redis://:wrong@127.0.0.1:${redis.port}/0`);
    const part = (of: typeof outrider) => of.status("leek-prod").parts.find(({ name }) => name === "link");
    await until("it is refused", () => part(outrider)?.problem?.code === "credentials_refused");
    const right = await carrying(`redis+socket://:canary@${redis.socket}?virtual_host=3`);
    await until("it is up", () => part(right.outrider)?.state === "up");
    expect(JSON.stringify([right.lines, outrider.statuses(), right.outrider.statuses()])).not.toContain(
      "canary",
    );
  });

  it("asks sentinels, and hears both forms of channels, each message once", async () => {
    const redis = await RedisServer.start(tidy);
    const port = await startSentinel(tidy, `sentinel monitor mymaster 127.0.0.1 ${redis.port} 1`);
    const url = `sentinel://127.0.0.1:1/7;sentinel://127.0.0.1:${port}/7`;
    const { leek, inspect } = await carrying(url, ", master_name: mymaster");
    const client = await redis.client(tidy);
    await listening(client, 2);
    await client.command("PUBLISH", "/7.celeryev/task.started", envelope("both", "same"));
    await client.command("PUBLISH", "/{db}.celeryev/task.started", envelope("both", "same"));
    await client.command("PUBLISH", "/{db}.celeryev/task.started", envelope("old"));
    await until("they are posted", () => leek.states().size === 2);
    expect(inspect().messages).toBe(2);
  });

  it("lets one of two agents be active, and the other take over", async () => {
    const redis = await RedisServer.start(tidy);
    const client = await redis.client(tidy);
    const leek = await LeekStandIn.start(tidy);
    const standby = ", standby: { ttl: 900ms }";
    const first = await carrying(redis.url, standby, { leek });
    await listening(client);
    const second = await carrying(redis.url, standby, { leek });
    await until("the second one has asked as well", async () => {
      const list = String(await client.command("CLIENT", "LIST"));
      return list.split("\n").filter((line) => /cmd=set /.test(line)).length === 1;
    });
    const turns = () =>
      [first, second].map(({ lines }) => lines.filter(({ message }) => /active one/.test(message)).length);
    expect(turns()).toEqual([1, 0]);
    await client.command("PUBLISH", "/0.celeryev/task.started", envelope("one"));
    await until("it is posted", () => leek.stored.length === 1);
    await first.outrider.close();
    await listening(client);
    await client.command("PUBLISH", "/0.celeryev/task.started", envelope("two"));
    await until("it is posted", () => leek.stored.length === 2);
    expect(turns()).toEqual([1, 1]);
    expect(leek.states().size).toBe(2);
  });

  it("lets another agent take over from one that was killed", async () => {
    const [redis, leek] = [await RedisServer.start(tidy), await LeekStandIn.start(tidy)];
    const client = await redis.client(tidy);
    const killed = {
      kind: "celery",
      from: { redis: { url: redis.url, standby: { ttl: "900ms" } } },
      to: { leek: { url: leek.url, app: "leek", key: "app-KEY" } },
    };
    const first = await startOutrider(tidy, { config: { admin: false, agents: { "leek-prod": killed } } });
    await listening(client);
    const second = await carrying(redis.url, ", standby: { ttl: 900ms }", { leek });
    const isActive = () => second.lines.some(({ message }) => /active one/.test(message));
    await until("it has asked, too", async () =>
      /cmd=set /.test(String(await client.command("CLIENT", "LIST"))),
    );
    expect(isActive()).toBe(false);
    first.signal("SIGKILL");
    await first.ended;
    await until("the other one is active", isActive);
    await listening(client);
    await client.command("PUBLISH", "/0.celeryev/task.started", envelope("after"));
    await until("it is posted", () => leek.states().has("after"));
  });

  describeIf(hasCelery, "Debian's python3-celery is not installed")("a real Celery worker", () => {
    it("is followed, and told to send task events where it does not", { timeout: 90_000 }, async () => {
      const redis = await RedisServer.start(tidy);
      const client = await redis.client(tidy);
      const { leek, inspect } = await carrying(`${redis.url}/2`, "", { more: "    enable_events: true\n" });
      await listening(client);
      const app = await CeleryApp.start(tidy, `${redis.url}/2`, { events: false });
      await until("it is online", () => leek.states().has("w1@lab"));
      const id = await until("its task events come", async () => {
        const sent = await app.run("print(add.delay(4, 4).id)");
        await new Promise((resolve) => setTimeout(resolve, 500));
        return leek.states().get(sent)?.includes("SUCCEEDED") ? sent : undefined;
      });
      expect(leek.stored.findLast((each) => each.id === id)).toMatchObject({ result: "8", worker: "w1@lab" });
      expect(inspect().lost).toBe(0);
      const keys = (await client.command("KEYS", "*")) as string[];
      expect(keys.filter((key) => /leek|outrider/.test(key))).toEqual([]);
      await app.stop();
    });
  });
});

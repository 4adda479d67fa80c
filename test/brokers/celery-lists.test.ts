import { expect, it } from "vitest";
import { celery } from "../../src/agents/celery/index.ts";
import type { AgentKind } from "../../src/core/agent.ts";
import { folder } from "../tools/folder.ts";
import { outriderOf } from "../tools/in-process.ts";
import { LeekStandIn } from "../tools/leek-api.ts";
import { describeWith } from "../tools/needs.ts";
import { RedisServer } from "../tools/redis.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

const tidy = new Tidy();

async function carrying(from: object) {
  const leek = await LeekStandIn.start(tidy);
  const agent = {
    kind: "celery",
    from,
    to: { leek: { url: leek.url, app: "leek", key: "app-KEY" } },
    batch: { window: "50ms" },
    retry: { first: "50ms", max: "100ms" },
  };
  const text = `agents: ${JSON.stringify({ leek: agent })}\n`;
  const { outrider } = await outriderOf(tidy, text, [celery] as unknown as AgentKind[]);
  await outrider.start();
  const sweep = (input: object = {}) => outrider.call("leek", "sweep", input);
  const progress = () => (outrider.agent("leek").agent!.inspect!() as { sweep?: { last?: object } }).sweep;
  return { leek, outrider, sweep, progress };
}

/** What Leek itself publishes when somebody retries a task in its page. */
function sent(uuid: string): string {
  const event = { type: "task-sent", uuid, hostname: "leek@control", timestamp: 1_700_000_000.5 };
  const body = JSON.stringify({ ...event, utcoffset: 0, pid: 1, clock: 1, retries: 0 });
  return JSON.stringify({
    body: Buffer.from(body).toString("base64"),
    "content-type": "application/json",
    properties: { body_encoding: "base64", delivery_info: { routing_key: "#" } },
  });
}

const SEPARATOR = "\x06\x16";

describeWith("redis-server")("lists that the Leek agent leaves in Redis", () => {
  it("are posted, oldest first, and an entry stays until Leek has it", async () => {
    const redis = await RedisServer.start(tidy);
    const { leek, sweep, progress } = await carrying({ redis: { url: redis.url, global_keyprefix: "pfx:" } });
    const client = await redis.client(tidy);
    const [list, urgent] = ["pfx:leek.fanout", `pfx:leek.fanout${SEPARATOR}9`];
    for (let n = 0; n < 1_200; n++) await client.command("LPUSH", list, sent(`t-${n}`));
    await client.command("LPUSH", urgent, sent("urgent"));
    await client.command("LPUSH", urgent, "garbage");
    leek.mood = ({ method }) => (method === "POST" ? { status: 503 } : undefined);
    expect(await sweep()).toEqual({ leek: { found: 1_202, discarded: false } });
    await until("Leek was asked to take them", () => leek.posted().length > 1);
    expect(await client.command("LLEN", list)).toBe(1_200);
    leek.mood = () => undefined;
    await until("they are swept", () => progress()?.last);
    expect(progress()).toEqual({
      last: { queue: "leek.fanout", posted: 1_201, rejected: 0, unreadable: 1 },
    });
    const order = [...Array.from({ length: 1_200 }, (_, n) => `t-${n}`), "urgent"];
    expect(leek.stored.map(({ id }) => id)).toEqual(order);
    expect(leek.stored.every(({ state }) => state === "QUEUED")).toBe(true);
    expect(await client.command("KEYS", "*")).toEqual([]);
    expect(await sweep()).toEqual({ leek: { found: 0, discarded: false } });
  });

  it("can be let go of unread, and others are not touched", async () => {
    const redis = await RedisServer.start(tidy);
    const { leek, sweep } = await carrying({ redis: { url: redis.url } });
    const client = await redis.client(tidy);
    await client.command("LPUSH", "mine", sent("a"), sent("b"));
    await client.command("LPUSH", "leek.fanout", sent("c"));
    expect(await sweep({ queue: "mine", discard: true })).toEqual({ leek: { found: 2, discarded: true } });
    expect(await client.command("KEYS", "*")).toEqual(["leek.fanout"]);
    expect(leek.stored).toEqual([]);
  });

  it("are not there where events come from elsewhere, and it is said", async () => {
    const { sweep } = await carrying({ file: `${await folder(tidy)}/none.ndjson` });
    await expect(sweep()).rejects.toThrow(/only a broker that is a Redis/);
  });
});

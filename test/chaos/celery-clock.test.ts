import { afterEach, expect, it, vi } from "vitest";
import { celery } from "../../src/agents/celery/index.ts";
import type { AgentKind } from "../../src/core/agent.ts";
import { outriderOf } from "../tools/in-process.ts";
import { LeekStandIn } from "../tools/leek-api.ts";
import { describeWith } from "../tools/needs.ts";
import { RedisServer } from "../tools/redis.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

const tidy = new Tidy();
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const WINDOW = 400;

afterEach(() => void vi.useRealTimers());

interface Inspected {
  readonly posted_events: number;
  readonly oldest_ms?: number;
  readonly rejected: number;
}

/** @param seconds since 1970, by the clock of whoever says it */
function envelope(uuid: string, type: string, seconds: number): string {
  const event = { type, uuid, hostname: "w", timestamp: seconds, utcoffset: 0, pid: 1, clock: 1 };
  return JSON.stringify({ body: JSON.stringify(event), "content-type": "application/json" });
}

describeWith("redis-server")("celery, whose machine's clock is set", () => {
  it.each([
    ["forward", DAY],
    ["back", -DAY],
    ["back beyond 1970", -60 * 365 * DAY],
  ])("%s: posts within its window, tries again in time, and shows no age that cannot be", async (_, step) => {
    const [redis, leek] = [await RedisServer.start(tidy), await LeekStandIn.start(tidy)];
    const text = `agents:
  leek:
    kind: celery
    from: { redis: { url: "${redis.url}" } }
    to: { leek: { url: "${leek.url}", app: leek, key: app-KEY } }
    batch: { window: ${WINDOW}ms }
    retry: { first: 300ms, max: 600ms }
`;
    // Only the wall clock is a toy; timers and the clock that is never set are real.
    vi.useFakeTimers({ toFake: ["Date"] });
    const { outrider } = await outriderOf(tidy, text, [celery] as unknown as AgentKind[]);
    await outrider.start();
    const inspect = () => outrider.agent("leek").agent?.inspect?.() as Inspected;
    const client = await redis.client(tidy);
    await until("it listens", async () => (await client.command("PUBSUB", "NUMPAT")) === 1);
    const publish = (uuid: string, type: string, seconds = Date.now() / 1_000) =>
      client.command("PUBLISH", "/0.celeryev/task.x", envelope(uuid, type, seconds));
    const posted = (count: number) => until(`${count} are posted`, () => leek.events === count);

    await publish("a", "task-received");
    await until("the window is open", () => inspect().oldest_ms !== undefined);
    vi.setSystemTime(Date.now() + step);
    expect(inspect().oldest_ms).toBeGreaterThanOrEqual(0);
    expect(inspect().oldest_ms).toBeLessThan(10 * WINDOW);
    const [begun, again] = [performance.now(), publish("a", "task-started")];
    await again;
    await posted(2);
    expect(performance.now() - begun).toBeLessThan(10 * WINDOW);

    // The clock is set while Leek is away and we wait to try again.
    leek.mood = () => ({ status: 503 });
    await publish("b", "task-received");
    const tries = leek.posted().length;
    await until("it was tried", () => leek.posted().length > tries);
    vi.setSystemTime(Date.now() - step);
    const before = leek.posted().length;
    await until("it is tried again", () => leek.posted().length > before);
    leek.mood = () => undefined;
    await posted(3);

    // The workers' clocks are set, ours is not: what they say is what Leek gets, and the end wins.
    const now = Date.now() / 1_000;
    await publish("c", "task-received", now);
    await publish("c", "task-started", now + 3_600);
    await publish("c", "task-succeeded", now - 3_600);
    await posted(6);
    const last = leek.stored.findLast(({ id }) => id === "c");
    expect(last).toMatchObject({
      state: "SUCCEEDED",
      received_at: Math.trunc(now * 1_000),
      succeeded_at: Math.trunc((now - 3_600) * 1_000),
    });
    expect(inspect().rejected).toBe(0);
    await until("nothing waits", () => (inspect().oldest_ms ?? 0) === 0);
  });
});

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { folder } from "../../../test/tools/folder.ts";
import { outriderOf } from "../../../test/tools/in-process.ts";
import { LeekStandIn } from "../../../test/tools/leek-api.ts";
import { describeWith } from "../../../test/tools/needs.ts";
import { freePort } from "../../../test/tools/ports.ts";
import { RedisServer } from "../../../test/tools/redis.ts";
import { Tidy } from "../../../test/tools/tidy.ts";
import { until } from "../../../test/tools/until.ts";
import type { AgentKind } from "../../core/agent.ts";
import type { Outrider } from "../../runtime/outrider.ts";
import { celery } from "./index.ts";

const tidy = new Tidy();
const kinds = [celery] as unknown as AgentKind[];

const fields = {
  broker_management_url: "http://rabbit:15672",
  backend: null,
  exchange: "celeryev",
  queue: "leek.fanout",
  routing_key: "#",
  org_name: "mono",
};

const open = (outrider: Outrider) =>
  until("its door is open", () => ["ready", "degraded"].includes(outrider.status("leek").standing));

/** An agent with subscriptions in a file, and its door. */
async function several(redis: RedisServer, leek: LeekStandIn, list: readonly object[]) {
  const file = join(await folder(tidy), "subscriptions.json");
  writeFileSync(file, JSON.stringify(list));
  const listen = `127.0.0.1:${await freePort()}`;
  const text = `agents:
  leek: { kind: celery, listen: "${listen}", subscriptions: { file: "${file}", api: "${leek.url}", key: app-KEY, token: t } }\n`;
  const made = await outriderOf(tidy, text, kinds);
  await made.outrider.start();
  await open(made.outrider);
  const ask = async (method: string, path: string, body?: object, headers: Record<string, string> = {}) => {
    const response = await fetch(`http://${listen}/v1/agent/${path}`, {
      method,
      headers: { authorization: "Bearer t", "x-leek-app-name": "leek", ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const client = await redis.client(tidy);
  const listening = (count: number) =>
    until(`${count} listen`, async () => (await client.command("PUBSUB", "NUMPAT")) === count);
  const publish = (db: number, uuid: string) =>
    client.command("PUBLISH", `/${db}.celeryev/task.x`, envelope(uuid));
  return { ...made, file, ask, listening, publish };
}

function envelope(uuid: string): string {
  const event = { type: "task-started", hostname: "w", uuid, timestamp: 1.5, utcoffset: 0, pid: 1, clock: 1 };
  const body = Buffer.from(JSON.stringify(event)).toString("base64");
  return JSON.stringify({
    body,
    "content-type": "application/json",
    properties: { body_encoding: "base64" },
  });
}

describeWith("redis-server")("subscriptions that come and go", () => {
  const of = (redis: RedisServer, db: number, env: string, more: object = {}) => ({
    ...fields,
    broker: `${redis.url}/${db}`,
    app_name: "leek",
    app_env: env,
    batch_max_window_in_seconds: 5,
    ...more,
  });

  it("restarts only the one that changed when the file is edited, and keeps what runs when it is broken", async () => {
    const [redis, leek] = [await RedisServer.start(tidy), await LeekStandIn.start(tidy)];
    const { file, listening, outrider } = await several(redis, leek, [
      of(redis, 1, "one"),
      of(redis, 2, "two"),
    ]);
    await listening(2);
    const links = () => {
      const { subscriptions } = outrider.agent("leek").agent!.inspect!() as {
        subscriptions: Record<string, { links: number; oldest_ms?: number }>;
      };
      return Object.keys(subscriptions).sort();
    };
    const since = () => {
      const link = outrider.status("leek").parts.find(({ name }) => name === "link:leek-one");
      return link?.state === "up" && link.since;
    };
    // Redis knows a little earlier than we do that we listen.
    const before = await until("it is up", since);
    writeFileSync(file, JSON.stringify([of(redis, 1, "one"), of(redis, 3, "two"), of(redis, 4, "three")]));
    await listening(3);
    expect(links()).toEqual(["leek-one", "leek-three", "leek-two"]);
    expect(since()).toBe(before);
    writeFileSync(file, "[{");
    const part = () => outrider.status("leek").parts.find(({ name }) => name === "subscriptions");
    await until("it is told", () => part()?.problem?.code === "data_refused");
    await listening(3);
    writeFileSync(file, JSON.stringify([of(redis, 1, "one")]));
    await listening(1);
    expect(since()).toBe(before);
  });

  it("one whose broker is away, and one whose password is wrong, do not disturb the third", async () => {
    const [redis, leek] = [await RedisServer.start(tidy), await LeekStandIn.start(tidy)];
    const away = of(redis, 0, "away", { broker: "redis://127.0.0.1:1/0" });
    const wrong = of(redis, 0, "wrong", { broker: redis.url.replace("//", "//nobody:wrong@") });
    const { listening, publish, outrider } = await several(redis, leek, [away, wrong, of(redis, 5, "good")]);
    await listening(1);
    await publish(5, "a");
    await until("it is posted", () => leek.stored.length === 1);
    const parts = outrider.status("leek").parts;
    const codes = ["away", "wrong"].map(
      (env) => parts.find(({ name }) => name === `link:leek-${env}`)?.problem?.code,
    );
    expect(codes).toEqual(["connect_failed", "credentials_refused"]);
  });

  it("answers Leek's routes: list, add after a look at the broker, edit, delete, stop and start", async () => {
    const [redis, leek] = [
      await RedisServer.start(tidy, { password: "canary" }),
      await LeekStandIn.start(tidy),
    ];
    const broker = `redis://:canary@127.0.0.1:${redis.port}/1`;
    const listen = await freePort();
    const file = join(await folder(tidy), "s.json");
    const text = `agents:
  leek: { kind: celery, listen: "127.0.0.1:${listen}", subscriptions: { file: "${file}", api: "${leek.url}", key: app-KEY } }\n`;
    const { outrider } = await outriderOf(tidy, text, kinds);
    await outrider.start();
    await open(outrider);
    const ask = async (method: string, path: string, body?: object) => {
      const init = {
        method,
        headers: { "x-leek-app-name": "leek" },
        ...(body && { body: JSON.stringify(body) }),
      };
      const response = await fetch(`http://127.0.0.1:${listen}/v1/agent/${path}`, init);
      return { status: response.status, body: await response.json() };
    };
    const refusal = (status: number, code: string) => ({
      status,
      body: { error: expect.objectContaining({ code }) },
    });
    expect(await ask("POST", "control")).toEqual(refusal(400, "400003"));
    const sent = { broker, broker_management_url: "-", app_env: "prod" };
    expect(await ask("POST", "subscriptions", { ...sent, colour: "red" })).toEqual(refusal(400, "400002"));
    expect(await ask("POST", "subscriptions", { ...sent, backend: null })).toEqual(refusal(400, "400002"));
    const wrong = { ...sent, broker: broker.replace("canary", "wrong") };
    expect(await ask("POST", "subscriptions", wrong)).toEqual(refusal(401, "401004"));
    expect(await ask("POST", "subscriptions", { ...sent, broker: "redis://127.0.0.1:1/0" })).toEqual(
      refusal(503, "503002"),
    );
    const stored = {
      name: "leek-prod",
      broker: broker.replace("canary", "**"),
      exchange: "celeryev",
      queue: "leek.fanout",
      routing_key: "#",
      prefetch_count: 1_000,
      batch_max_window_in_seconds: 5,
    };
    expect(await ask("POST", "subscriptions", sent)).toMatchObject({ status: 200, body: stored });
    expect(await ask("POST", "subscriptions", sent)).toEqual(refusal(412, "412002"));
    expect(await ask("GET", "subscriptions")).toMatchObject({ status: 200, body: [stored] });
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject([
      { broker, app_name: "leek", app_env: "prod" },
    ]);
    const edited = await ask("PUT", "subscriptions/leek-prod", { batch_max_window_in_seconds: 6 });
    expect(edited).toMatchObject({ status: 200, body: { batch_max_window_in_seconds: 6 } });
    expect(await ask("GET", "control")).toMatchObject({
      body: { state: 20, statename: "RUNNING", type: "local" },
    });
    expect(await ask("DELETE", "control")).toMatchObject({
      body: { state: 0, statename: "STOPPED", pid: 0 },
    });
    expect(await ask("DELETE", "control")).toEqual(refusal(500, "500001"));
    expect(await ask("POST", "control")).toMatchObject({ body: { statename: "RUNNING", pid: process.pid } });
    const parts = outrider.status("leek").parts.map(({ name }) => name);
    expect(parts.filter((name) => !/^(?:door|subscriptions|\w+:leek-prod)$/.test(name))).toEqual([]);
    expect(await ask("DELETE", "subscriptions/leek")).toEqual(refusal(500, "500001"));
    expect(await ask("PUT", "subscriptions/%zz", {})).toEqual(refusal(400, "400002"));
    expect(await ask("DELETE", "subscriptions/leek-nope")).toEqual({ status: 200, body: { Deleted: false } });
    expect(await ask("DELETE", "subscriptions/leek-prod")).toEqual({ status: 200, body: { Deleted: true } });
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual([]);
    // What is too large is refused, and does not keep us from leaving.
    const large = { ...sent, broker: "x".repeat(6 * 2 ** 20) };
    expect((await ask("POST", "subscriptions", large)).status).toBe(400);
    const began = performance.now();
    await outrider.close();
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it("asks for its token, and takes subscriptions by action", async () => {
    const [redis, leek] = [await RedisServer.start(tidy), await LeekStandIn.start(tidy)];
    const { ask, listening, publish, outrider } = await several(redis, leek, []);
    expect(await ask("GET", "control", undefined, { authorization: "Bearer wrong" })).toMatchObject({
      status: 401,
    });
    const { broker, broker_management_url, app_name, app_env } = of(redis, 6, "added");
    const subscription = { broker, broker_management_url, app_name, app_env };
    expect(await outrider.call("leek", "subscribe", { subscription })).toEqual({ subscribed: "leek-added" });
    await listening(1);
    await publish(6, "a");
    await until("it is posted", () => leek.states().has("a"));
    expect(await outrider.call("leek", "unsubscribe", { name: "leek-added" })).toEqual({
      unsubscribed: true,
    });
    await listening(0);
    await expect(outrider.call("leek", "subscribe", { subscription: {} })).rejects.toThrow(
      /broker: is missing/,
    );
  });
});

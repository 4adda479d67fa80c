import { expect, it } from "vitest";
import { redisKeys } from "../../../src/agents/flags/redis-keys.ts";
import { readAll } from "../../../src/agents/flags/redis-read.ts";
import { RedisWriter } from "../../../src/agents/flags/redis-write.ts";
import type { RedisConnection } from "../../../src/wire/redis/connection.ts";
import { StandInFeatbit } from "../../tools/featbit.ts";
import { DEV, environments, fixture, PROD, plainFlag, secrets } from "../../tools/featbit-data.ts";
import { describeWith } from "../../tools/needs.ts";
import { startOutrider } from "../../tools/outrider.ts";
import { freePort } from "../../tools/ports.ts";
import { RedisServer } from "../../tools/redis.ts";
import { relayOf } from "../../tools/relay.ts";
import { SdkClient } from "../../tools/sdk-client.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";

const tidy = new Tidy();

/** A server, a Redis, and relays that share it. */
async function group(options: { single: boolean; count: number }) {
  const [server, redis] = [await StandInFeatbit.start(tidy), await RedisServer.start(tidy)];
  const start = (name: string) =>
    relayOf(tidy, {
      from: { featbit: { url: server.url, key: server.key, agent: options.single ? "group" : name } },
      store: { redis: { url: redis.url, single_writer: options.single } },
    });
  const relays = [];
  for (let i = 0; i < options.count; i++) {
    const relay = await start(`agent-${i}`);
    await until("it is in step", () => relay.status().syncState === "Stable", { within: 20_000 });
    relays.push(relay);
  }
  return { server, redis, relays, start };
}

type Relay = Awaited<ReturnType<typeof relayOf>>;

async function follower(relay: Relay): Promise<SdkClient> {
  const sdk = await SdkClient.open(tidy, relay.url, { secret: secrets.prod.server });
  await sdk.sync(0);
  return sdk;
}

function hears(sdk: SdkClient, key: string, within = 10_000): Promise<boolean> {
  return until(
    `the SDK hears of ${key}`,
    () => sdk.heard.some(({ data }) => data.featureFlags?.some((flag) => flag["key"] === key)),
    { within },
  );
}

describeWith("redis-server")("several agents on one Redis", () => {
  it.each([true, false])("all tell of a change within a second (one elected writer: %s)", async (single) => {
    const { server, relays } = await group({ single, count: 2 });
    expect(server.streams.size).toBe(single ? 1 : 2);
    const sdks = await Promise.all(relays.map(follower));
    server.change({ flag: plainFlag("fresh") });
    await Promise.all(sdks.map((sdk) => hears(sdk, "fresh", 1_000)));
  });

  it("also tell of what was deleted, of revoked secrets, and of environments that are gone", async () => {
    const { server, relays } = await group({ single: true, count: 2 });
    const second = relays[1]!;
    const sdk = await follower(second);
    const client = await SdkClient.open(tidy, second.url, { secret: secrets.prod.client, type: "client" });
    await client.sync(0, { keyId: "u" });
    server.remove(PROD, "old-footer");
    server.edit(PROD, (each) => ({ ...each, secrets: each.secrets.filter(({ type }) => type === "server") }));
    server.state.environments = server.state.environments.filter(({ envId }) => envId !== DEV);
    server.say({ eventType: "rp_full", items: server.state.environments });
    const { data } = await sdk.next("data-sync", 1);
    expect(data.eventType).toBe("full");
    expect(data.featureFlags.map(({ key }) => key)).not.toContain("old-footer");
    expect((await client.ended()).code).toBe(4003);
    await until("the environment is gone", () => second.status().environments.length === 1);
  });

  it("let in who has a secret that none of them knew, also those that do not follow the server", async () => {
    const { server, relays } = await group({ single: true, count: 2 });
    const fresh = "AAAAAAAAAAAAAAAAAAAAAA".concat(secrets.prod.server.slice(22));
    server.edit(PROD, (each) => ({
      ...each,
      secrets: [...each.secrets, { ...each.secrets[0]!, value: fresh }],
    }));
    const sdk = await SdkClient.open(tidy, relays[1]!.url, { secret: fresh });
    expect((await sdk.sync(0)).data.eventType).toBe("full");
    const stranger = await SdkClient.open(tidy, relays[1]!.url, {
      secret: "B".repeat(22).concat(fresh.slice(22)),
    });
    // Not by us: only the server's word is final.
    expect((await stranger.ended()).code).toBe(1013);
  });

  it("go on when the writer leaves: another one follows the server, at once", async () => {
    const { server, relays } = await group({ single: true, count: 2 });
    const [first, second] = relays as [Relay, Relay];
    const sdk = await follower(second);
    await first.outrider.close();
    await until("the second one follows", () => server.streams.size === 1, { within: 15_000 });
    server.change({ flag: plainFlag("later") });
    await hears(sdk, "later");
  });

  it("take the lease within 15 s from a writer that vanished", { timeout: 60_000 }, async () => {
    const [server, redis] = [await StandInFeatbit.start(tidy), await RedisServer.start(tidy)];
    const client = await redis.client(tidy);
    const shared = {
      from: { featbit: { url: server.url, key: server.key, agent: "group" } },
      store: { redis: { url: redis.url, single_writer: true } },
    };
    const listen = `127.0.0.1:${await freePort()}`;
    const agents = { flags: { kind: "flags", listen, key: "canary-admin", ...shared } };
    const writer = await startOutrider(tidy, { config: { admin: false, agents } });
    await until("it follows the server", () => server.streams.size === 1);
    await until(
      "it is written",
      async () => (await client.command("GET", "featbit-agent:generation")) !== null,
    );
    const second = await relayOf(tidy, shared);
    await until("it serves what Redis kept", () => second.status().environments.length === 2);
    const sdk = await follower(second);
    expect(server.opened).toBe(1);

    const holder = await client.command("GET", "featbit-agent:leader");
    writer.signal("SIGKILL");
    await writer.ended;
    const began = performance.now();
    const left = Number(await client.command("PTTL", "featbit-agent:leader"));
    await until(
      "it took the lease",
      async () => {
        const held = await client.command("GET", "featbit-agent:leader");
        return held !== null && held !== holder;
      },
      { within: 25_000 },
    );
    // It has to run out first, as nobody gave it back; then it is asked for every 3 s.
    expect(left).toBeGreaterThan(10_000);
    expect(performance.now() - began).toBeGreaterThan(left - 500);
    expect(performance.now() - began).toBeLessThan(19_000);
    await until("it follows the server", () => server.streams.size === 1 && server.opened === 2);
    server.change({ flag: plainFlag("later") });
    await hears(sdk, "later");
  });

  it("know each other's registrations: one without its files is no new one", async () => {
    const { server, redis } = await group({ single: false, count: 1 });
    server.state.statuses.register = 403;
    const more = (agent: string) => ({
      from: { featbit: { url: server.url, key: server.key, agent } },
      store: { redis: { url: redis.url } },
    });
    const again = await relayOf(tidy, more("agent-0"));
    await until("it follows", () => again.status().syncState === "Stable", { within: 20_000 });
    const stranger = await relayOf(tidy, more("agent-1"));
    await until("it is refused", () => stranger.status().syncState === "Stopped", { within: 20_000 });
    const client = await redis.client(tidy);
    const [key = ""] = (await client.command("KEYS", "featbit-agent:registered:*")) as string[];
    expect(key).toMatch(/:[0-9a-f]{64}$/);
    expect(await client.command("SMEMBERS", key)).toEqual(["agent-0"]);
  });

  it("take what a restored server has where one is told to, writer and followers", async () => {
    const { server, relays } = await group({ single: true, count: 2 });
    const now = Date.now();
    server.change({ flag: plainFlag("f", { value: "new", at: now }) });
    const sdk = await follower(relays[1]!);
    await hears(sdk, "f");
    server.edit(PROD, (each) => ({
      ...each,
      featureFlags: each.featureFlags.map((flag) =>
        flag.key === "f" ? plainFlag("f", { value: "old", at: now - 3_600_000 }) : flag,
      ),
    }));
    await relays[0]!.outrider.call("flags", "refresh", { older: true });
    const value = () =>
      JSON.stringify(sdk.heard.at(-1)?.data.featureFlags.find((flag) => flag["key"] === "f"));
    await until("the follower's SDK has it", () => value()?.includes('"old"'), { within: 20_000 });
    expect(sdk.heard.at(-1)?.data.eventType).toBe("full");
  });

  it("serve when they start without a server, from what Redis kept", async () => {
    const { server, redis, relays, start } = await group({ single: false, count: 1 });
    const client = await redis.client(tidy);
    await until(
      "it is written",
      async () => (await client.command("GET", "featbit-agent:generation")) !== null,
    );
    expect(relays[0]!.status().syncState).toBe("Stable");
    await server.stop();
    const fresh = await start("late");
    await until("there is data", () => fresh.status().environments.length === 2);
    const sdk = await SdkClient.open(tidy, fresh.url, { secret: secrets.prod.server });
    const { data } = await sdk.sync(0);
    const recorded = fixture<{ data: typeof data }>("server-data-sync-full").data;
    const byId = (items: readonly Record<string, unknown>[]) =>
      items.toSorted((one, other) => (String(one["id"]) < String(other["id"]) ? -1 : 1));
    expect(byId(data.featureFlags)).toEqual(byId(recorded.featureFlags));
    expect(byId(data.segments)).toEqual(byId(recorded.segments));
  });

  it.each([true, false])(
    "survive a Redis that is killed and forgets everything (elected: %s)",
    async (single) => {
      const { server, redis, relays } = await group({ single, count: 2 });
      const sdks = await Promise.all(relays.map(follower));
      await redis.kill();
      server.change({ flag: plainFlag("meanwhile") });
      await until("somebody hears", () => sdks.some((sdk) => sdk.heard.length > 1));
      await redis.up();
      await Promise.all(sdks.map((sdk) => hears(sdk, "meanwhile", 20_000)));
      const client = await redis.client(tidy);
      await until("Redis knows it all again", async () => {
        const flags = (await client.command(
          "ZRANGE",
          `featbit-agent:flag-index:${PROD}`,
          "0",
          "-1",
        )) as string[];
        return flags.length === 5;
      });
      server.change({ flag: plainFlag("after") });
      await Promise.all(sdks.map((sdk) => hears(sdk, "after", 15_000)));
      expect(sdks.filter(({ closed }) => closed)).toEqual([]);
    },
  );

  it("read nothing or all of it, at whatever moment of the first writing", async () => {
    const redis = await RedisServer.start(tidy);
    const [writing, reading] = [await redis.client(tidy), await redis.client(tidy)];
    const keys = redisKeys("p:");
    const found: (number | undefined)[] = [];
    const look = async () => void found.push((await readAll(reading, keys))?.length);
    const between = {
      command: (...words: string[]) => look().then(() => writing.command(...words)),
      transaction: (commands: string[][]) => look().then(() => writing.transaction(commands)),
    } as unknown as RedisConnection;
    await new RedisWriter(between, keys, "somebody").write({ environments: environments() });
    await look();
    expect(found.length).toBeGreaterThan(5);
    expect(found).toEqual([...found.slice(1).map(() => undefined), 2]);
  });

  it("never write to a store whose layout they do not know", async () => {
    const [server, redis] = [await StandInFeatbit.start(tidy), await RedisServer.start(tidy)];
    const client = await redis.client(tidy);
    await client.command("SET", "featbit-agent:schema", "2");
    const { outrider, status } = await relayOf(tidy, {
      from: { featbit: { url: server.url, key: server.key, agent: "a" } },
      store: { redis: { url: redis.url } },
    });
    await until("it serves", () => status().environments.length === 2);
    await until("it says so", () =>
      outrider
        .status("flags")
        .parts.some(({ name, problem }) => name === "store" && problem?.message.includes("schema 2")),
    );
    expect(await client.command("KEYS", "*")).toEqual(["featbit-agent:schema"]);
  });
});

describeWith("redis-server")("the FeatBit server's own cache", () => {
  it("is read, followed, and never written", async () => {
    const redis = await RedisServer.start(tidy);
    const client = await redis.client(tidy);
    const { items } = fixture<{ items: ReturnType<typeof Object>[] }>("rp-bootstrap");
    for (const { envId, secrets: known, featureFlags, segments } of items) {
      for (const { value, type, projectKey, envKey } of known)
        await client.command(
          "HSET",
          `featbit:secret:${value}`,
          "type",
          type,
          "projectKey",
          projectKey,
          "envId",
          envId,
          "envKey",
          envKey,
        );
      for (const flag of featureFlags) {
        await client.command("SET", `featbit:flag:${flag.id}`, JSON.stringify(flag));
        await client.command(
          "ZADD",
          `featbit:flag-index:${envId}`,
          String(Date.parse(flag.updatedAt)),
          flag.id,
        );
      }
      for (const segment of segments) {
        await client.command(
          "SET",
          `featbit:segment:${segment.id}`,
          JSON.stringify({ ...segment, envId: "" }),
        );
        await client.command(
          "ZADD",
          `featbit:segment-index:${envId}`,
          String(Date.parse(segment.updatedAt)),
          segment.id,
        );
      }
      await client.command("ZADD", `featbit:flag-index:${envId}`, "1", "an-orphan");
    }
    const before = await client.command("DBSIZE");
    const relay = await relayOf(tidy, { from: { redis: { url: redis.url } } });
    await until("it serves", () => relay.status().syncState === "Stable");
    const sdk = await follower(relay);
    const { data } = sdk.heard[0]!;
    expect(data.segments.every((segment) => segment["envId"] === PROD)).toBe(true);
    expect(data.featureFlags).toHaveLength(4);
    await client.command("PUBLISH", "featbit-feature-flag-change", JSON.stringify(plainFlag("live")));
    await hears(sdk, "live");
    const segment = {
      ...(data.segments[0] as object),
      envId: "",
      included: ["zoe"],
      updatedAt: new Date().toISOString(),
    };
    const told = sdk.heard.length;
    await client.command(
      "PUBLISH",
      "featbit-segment-change",
      JSON.stringify({ segment, affectedFlagIds: [] }),
    );
    expect((await sdk.next("data-sync", told)).data.segments[0]).toMatchObject({
      included: ["zoe"],
      envId: PROD,
    });
    expect(await client.command("DBSIZE")).toBe(before);
    const fresh = "AAAAAAAAAAAAAAAAAAAAAA".concat(secrets.prod.server.slice(22));
    const words = ["type", "server", "projectKey", "webshop", "envId", PROD, "envKey", "prod"];
    await client.command("HSET", `featbit:secret:${fresh}`, ...words);
    const newcomer = await SdkClient.open(tidy, relay.url, { secret: fresh });
    expect((await newcomer.sync(0)).data.eventType).toBe("full");
  });
});

import { expect, it } from "vitest";
import type { RedisConnection } from "../../../src/wire/redis/connection.ts";
import { StandInFeatbit } from "../../tools/featbit.ts";
import { plainFlag, secrets } from "../../tools/featbit-data.ts";
import { describeWith } from "../../tools/needs.ts";
import { type RedisServer, redisCluster } from "../../tools/redis.ts";
import { relayOf } from "../../tools/relay.ts";
import { SdkClient } from "../../tools/sdk-client.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";

const tidy = new Tidy();
const TAG = "{featbit-agent}:";

/** Two relays that share a cluster, one of which follows the server; and who has our keys. */
async function group(single: boolean) {
  const [server, nodes] = [await StandInFeatbit.start(tidy), await redisCluster(tidy)];
  const clients = await Promise.all(nodes.map((node) => node.client(tidy)));
  const cluster = { nodes: nodes.map(({ port }) => `127.0.0.1:${port}`) };
  const relays = [];
  for (const name of ["one", "two"]) {
    const relay = await relayOf(tidy, {
      from: { featbit: { url: server.url, key: server.key, agent: single ? "group" : name } },
      store: { redis: { url: "redis://cluster", cluster, single_writer: single } },
    });
    await until("it is in step", () => relay.status().syncState === "Stable", { within: 20_000 });
    relays.push(relay);
  }
  const sdks = [];
  for (const { url } of relays) {
    const sdk = await SdkClient.open(tidy, url, { secret: secrets.prod.server });
    await sdk.sync(0);
    sdks.push(sdk);
  }
  return { server, nodes, clients, relays, sdks };
}

async function ownerIn(clients: readonly RedisConnection[]): Promise<number> {
  const sizes = await Promise.all(clients.map((client) => client.command("DBSIZE")));
  return sizes.findIndex((size) => Number(size) > 0);
}

const hear = (sdks: readonly SdkClient[], key: string, within: number) =>
  until(
    `all hear of ${key}`,
    () =>
      sdks.every((sdk) =>
        sdk.heard.some(({ data }) => data.featureFlags?.some((flag) => flag["key"] === key)),
      ),
    { within },
  );

/** Moves a slot with all its keys from one node to another, as an operator's tool does. */
async function moveSlot(
  key: string,
  from: number,
  to: number,
  nodes: RedisServer[],
  clients: RedisConnection[],
) {
  const [source, target] = [clients[from]!, clients[to]!];
  const slot = String(await source.command("CLUSTER", "KEYSLOT", key));
  const ids = await Promise.all(clients.map((each) => each.command("CLUSTER", "MYID")));
  await target.command("CLUSTER", "SETSLOT", slot, "IMPORTING", String(ids[from]));
  await source.command("CLUSTER", "SETSLOT", slot, "MIGRATING", String(ids[to]));
  for (;;) {
    const keys = (await source.command("CLUSTER", "GETKEYSINSLOT", slot, "100")) as string[];
    if (keys.length === 0) break;
    const words = ["127.0.0.1", String(nodes[to]!.port), "", "0", "5000", "KEYS", ...keys];
    await source.command("MIGRATE", ...words);
  }
  for (const each of [target, source, ...clients])
    await each.command("CLUSTER", "SETSLOT", slot, "NODE", String(ids[to]));
}

describeWith("redis-server")("a Redis Cluster of three", () => {
  it.each([true, false])(
    "keeps all in one slot, and tells of a change within a second (one elected writer: %s)",
    async (single) => {
      const { server, clients, sdks } = await group(single);
      expect(server.streams.size).toBe(single ? 1 : 2);
      server.change({ flag: plainFlag("fresh") });
      await hear(sdks, "fresh", 1_000);
      const owner = await ownerIn(clients);
      const keys = (await clients[owner]!.command("KEYS", "*")) as string[];
      expect(keys.every((key) => key.startsWith(TAG))).toBe(true);
      expect(keys).toContain(`${TAG}generation`);
      expect(keys.includes(`${TAG}leader`)).toBe(single);
    },
  );

  it("is followed where the slot goes, by writer and followers, with one leader all the time", async () => {
    const { server, nodes, clients, sdks } = await group(true);
    const from = await ownerIn(clients);
    const to = (from + 1) % 3;
    await moveSlot(`${TAG}leader`, from, to, nodes, clients);
    server.change({ flag: plainFlag("moved") });
    await hear(sdks, "moved", 20_000);
    await until("it is written there", async () => {
      const found = (await clients[to]!.command("KEYS", `${TAG}*`)) as string[];
      const texts = await Promise.all(
        found.filter((key) => key.startsWith(`${TAG}flag:`)).map((key) => clients[to]!.command("GET", key)),
      );
      return texts.some((text) => String(text).includes('"moved"'));
    });
    expect(server.streams.size).toBe(1);
    expect(server.most).toBe(1);
  });

  it("may lose the node with our keys, and what it forgot is written anew", async () => {
    const { server, nodes, clients, relays, sdks } = await group(true);
    const owner = await ownerIn(clients);
    await nodes[owner]!.kill();
    await until("it is noticed", () =>
      relays[0]!.outrider
        .status("flags")
        .parts.some(({ name, state }) => name === "store" && state === "down"),
    );
    server.change({ flag: plainFlag("meanwhile") });
    await hear(sdks.slice(0, 1), "meanwhile", 5_000);
    await nodes[owner]!.up();
    await hear(sdks, "meanwhile", 60_000);
    expect(sdks.filter(({ closed }) => closed)).toEqual([]);
  }, 120_000);
});

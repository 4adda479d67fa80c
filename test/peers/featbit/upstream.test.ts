import { describe, expect, it } from "vitest";
import { StandInFeatbit } from "../../tools/featbit.ts";
import { DEV, fixture, PROD, plainFlag, secrets } from "../../tools/featbit-data.ts";
import { folder } from "../../tools/folder.ts";
import { followingRelay, relayOf } from "../../tools/relay.ts";
import { SdkClient } from "../../tools/sdk-client.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";

const tidy = new Tidy();

describe("the server", () => {
  it("is told who we are, asked as recorded, and told how we are", async () => {
    const { server, status } = await followingRelay(tidy);
    expect(server.requests[0]).toMatchObject({
      method: "POST",
      path: "/api/public/agent/register",
      body: "eu-1",
      headers: { authorization: server.key, "content-type": "application/json; charset=utf-8" },
    });
    expect(server.messages[0]).toEqual(fixture("rp-data-sync-request-full"));
    const told = await until("a status after the data", () =>
      server.messages.find(
        ({ messageType, data }) =>
          messageType === "rp-agent-status" && !String(data["status"]).includes("Starting"),
      ),
    );
    const recorded = fixture<{ data: { status: string } }>("rp-agent-status-message");
    expect(told.data["agentId"]).toBe("eu-1");
    expect(JSON.parse(told.data["status"] as string)).toMatchObject({
      ...(JSON.parse(recorded.data.status) as object),
      lastSyncedAt: expect.any(String),
      reportedAt: expect.any(String),
    });
    expect(status().serves).toBe("webshop:prod,webshop:dev");
  });

  it.each([1000, 1001, 1006, 1011])(
    "may close with %d: we come back, and ask for what is newer",
    async (code) => {
      const { server, status } = await followingRelay(tidy);
      const before = server.messages.length;
      server.close(code);
      const question = await server.heard("data-sync", before);
      const recorded = fixture<{ data: { envs: { envId: string; timestamp: number }[] } }>(
        "rp-data-sync-request-patch",
      ).data;
      // A minute more than what is new, as changes may be committed out of order.
      expect(question.data).toEqual({
        ...recorded,
        envs: recorded.envs.map((each) => ({ ...each, timestamp: each.timestamp - 60_000 })),
      });
      await until("it is in step again", () => status().syncState === "Stable");
    },
  );

  it("may close with 4003: we say that we were stopped, go on serving, and come back in minutes", async () => {
    const { server, status, url, outrider } = await followingRelay(tidy);
    server.state.closes = 4003;
    server.close(1006);
    await until("it was refused", () => status().syncState === "Stopped");
    const { parts } = outrider.status("flags");
    const { retryAt = 0 } = parts.find(({ name }) => name === "featbit")!;
    expect(retryAt - Date.now()).toBeGreaterThan(55_000);
    expect(retryAt - Date.now()).toBeLessThan(301_000);
    const sdk = await SdkClient.open(tidy, url, { secret: secrets.prod.server });
    expect(await sdk.sync(0)).toEqual(fixture("server-data-sync-full"));
  });

  it("may fail to register us, and may be old: the stream is opened all the same", async () => {
    const server = await StandInFeatbit.start(tidy);
    server.state.statuses.register = 500;
    const { status } = await relayOf(tidy, {
      from: { featbit: { url: server.url, key: server.key, agent: "a" } },
    });
    await until("it follows", () => status().syncState === "Stable");
  });

  it.each([401, 403])(
    "may refuse to register us with %d: the stream stays shut, and it is said",
    async (code) => {
      const server = await StandInFeatbit.start(tidy);
      server.state.statuses.register = code;
      const { status, url } = await relayOf(tidy, {
        from: { featbit: { url: server.url, key: server.key, agent: "a" } },
      });
      await until("it was refused", () => status().syncState === "Stopped");
      expect(server.opened).toBe(0);
      expect(status().lastError).toContain(String(code));
      expect((await fetch(`${url}/health/liveness`)).status).toBe(200);
    },
  );

  it("may say on a restart that the quota is used up: we were there before", async () => {
    const server = await StandInFeatbit.start(tidy);
    const more = { from: { featbit: { url: server.url, key: server.key, agent: "a" } } };
    const state = await folder(tidy);
    const first = await relayOf(tidy, more, { state });
    await until("it follows", () => first.status().syncState === "Stable");
    await first.outrider.close();
    server.state.statuses.register = 403;
    const second = await relayOf(tidy, more, { state });
    await until("it follows again", () => second.status().syncState === "Stable");
  });

  it("may be gone when we start: SDKs get what was kept, and it is not called fresh", async () => {
    const server = await StandInFeatbit.start(tidy);
    const more = { from: { featbit: { url: server.url, key: server.key, agent: "a" } } };
    const state = await folder(tidy);
    const first = await relayOf(tidy, more, { state });
    await until("it follows", () => first.status().syncState === "Stable");
    await first.outrider.close();
    await server.stop();
    const { url, status } = await relayOf(tidy, more, { state });
    await until("there is data", () => status().environments.length > 0);
    const sdk = await SdkClient.open(tidy, url, { secret: secrets.prod.server });
    expect(await sdk.sync(0)).toEqual(fixture("server-data-sync-full"));
    expect(status()).toMatchObject({ stale: true, lastSyncedAt: null });
    expect(status().syncState).not.toBe("Stable");
    expect(await (await fetch(`${url}/health/readiness`)).text()).toBe("Degraded");
  });

  it("may be restored to older data: nobody sees an older flag, it is said, and whoever wishes may have it", async () => {
    const { server, status, url, outrider } = await followingRelay(tidy);
    const now = Date.now();
    server.change({ flag: plainFlag("f", { value: "new", at: now }) });
    const sdk = await SdkClient.open(tidy, url, { secret: secrets.prod.server });
    await sdk.sync(0);
    server.edit(PROD, (each) => ({
      ...each,
      featureFlags: each.featureFlags.map((flag) =>
        flag.key === "f" ? plainFlag("f", { value: "old", at: now - 3_600_000 }) : flag,
      ),
    }));
    const told = sdk.heard.length;
    await outrider.call("flags", "refresh", {});
    expect(status()).toMatchObject({ older: 1, dataVersion: now });
    const held = async () => {
      const other = await SdkClient.open(tidy, url, { secret: secrets.prod.server });
      const { data } = await other.sync(0);
      return (data.featureFlags.find(({ key }) => key === "f") as { variations: { value: string }[] })
        .variations[0]!.value;
    };
    expect(await held()).toBe("new");
    expect(sdk.heard.length).toBe(told);
    await until(
      "it may be asked again",
      async () => {
        await outrider.call("flags", "refresh", { older: true });
        return (await held()) === "old";
      },
      { within: 20_000 },
    );
    expect((await sdk.next("data-sync", told)).data.eventType).toBe("full");
    expect(status().older).toBe(0);
  });

  it("may be reached by HTTP alone: changes and deletions arrive all the same, until streams do", async () => {
    const polling = { after: "200ms", every: "100ms" };
    const { server, status, url } = await followingRelay(tidy, {}, { polling });
    expect(status().transport).toBe("streaming");
    const sdk = await SdkClient.open(tidy, url, { secret: secrets.prod.server });
    await sdk.sync(0);
    server.state.streams = false;
    server.close(1006);
    server.remove(PROD, "old-footer");
    const { data } = await sdk.next("data-sync", 1);
    expect(data.eventType).toBe("full");
    expect(data.featureFlags.map(({ key }) => key)).not.toContain("old-footer");
    expect(status()).toMatchObject({ transport: "polling", syncState: "Interrupted", stale: false });
    server.change({ flag: plainFlag("by-http") });
    expect((await sdk.next("data-sync", 2)).data.featureFlags[0]?.["key"]).toBe("by-http");
    server.change({ flag: plainFlag("elsewhere", { envId: DEV }) });
    await until("the other environment as well", () => status().environments[1]?.flags === 2);
    server.state.streams = true;
    await until("the stream is back", () => status().syncState === "Stable", { within: 20_000 });
    expect(status().transport).toBe("streaming");
    const asked = () => server.requests.filter(({ path }) => path.endsWith("latest-all")).length;
    const before = asked();
    server.change({ flag: plainFlag("by-stream") });
    await sdk.next("data-sync", 3);
    expect(asked() - before).toBeLessThanOrEqual(2);
    expect(sdk.closed).toBeUndefined();
  });

  it("may tell of an unknown environment: everything is asked for", async () => {
    const { server, status } = await followingRelay(tidy);
    const third = "33333333-3333-4333-8333-333333333333";
    const flag = plainFlag("new", { envId: third });
    server.state.environments = [
      ...server.state.environments,
      { envId: third, secrets: [], featureFlags: [flag], segments: [] },
    ];
    server.say({ eventType: "patch", featureFlags: [flag], segments: [] });
    await until("it is served", () => status().environments.length === 3, { within: 15_000 });
  });

  it("may narrow our scope: the environment goes, and the stream is opened anew", async () => {
    const { server, status, outrider } = await followingRelay(tidy);
    server.state.environments = server.state.environments.filter(({ envId }) => envId === PROD);
    void outrider.call("flags", "refresh", {});
    await until("it is gone", () => status().environments.length === 1, { within: 15_000 });
    await until("a new stream", () => server.opened === 2);
    expect(status().environments[0]?.envId).not.toBe(DEV);
  });
});

describe("frames that are", () => {
  it.each([
    ["no JSON", "nonsense{"],
    ["cut", '{"messageType":"data-sync","data":{"eventType":"rp_full","items":[{"envId":'],
    ["of another shape", '{"messageType":"data-sync","data":{"eventType":"rp_full","items":{}}}'],
    ["half wrong", '{"messageType":"data-sync","data":{"eventType":"rp_full","items":[{"envId":"x"}]}}'],
    ["about nothing", '{"messageType":"news","data":{}}'],
    ["empty", ""],
  ])("%s change nothing, and what follows is heard", async (_, text) => {
    const { server, url, status } = await followingRelay(tidy);
    const sdk = await SdkClient.open(tidy, url, { secret: secrets.prod.server });
    const held = await sdk.sync(0);
    server.say(text);
    server.change({ flag: plainFlag("after") });
    const { data } = await sdk.next("data-sync", 1);
    expect(data.featureFlags.map(({ key }) => key)).toEqual(["after"]);
    expect(held).toEqual(fixture("server-data-sync-full"));
    await until("all is well again", () => status().syncState === "Stable", { within: 15_000 });
  });
});

describe("secret mode", () => {
  const link = (url: string) => ({
    url,
    environments: [{ ...secrets.prod, project: "webshop", environment: "prod" }],
  });

  it("follows one environment as an SDK does, and serves both kinds of SDKs", async () => {
    const server = await StandInFeatbit.start(tidy);
    const { url, status } = await relayOf(tidy, { from: { featbit: link(server.url) } });
    await until("it follows", () => status().syncState === "Stable");
    expect(server.requests).toEqual([]);
    expect(status().serves).toBe("webshop:prod");
    const sdk = await SdkClient.open(tidy, url, { secret: secrets.prod.server });
    expect(await sdk.sync(0)).toEqual(fixture("server-data-sync-full"));
    server.say({ eventType: "patch", featureFlags: [plainFlag("live")], segments: [] });
    expect((await sdk.next("data-sync", 1)).data.featureFlags[0]?.["key"]).toBe("live");
    const client = await SdkClient.open(tidy, url, { secret: secrets.prod.client, type: "client" });
    expect((await client.sync(0, { keyId: "ada" })).data.featureFlags.length).toBeGreaterThan(3);
  });
});

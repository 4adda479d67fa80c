import { describe, expect, it } from "vitest";
import { makeToken } from "../../../src/agents/flags/token.ts";
import type { Segment } from "../../tools/featbit-data.ts";
import { DEV, fixture, PROD, plainFlag, secrets } from "../../tools/featbit-data.ts";
import { followingRelay, relayOf } from "../../tools/relay.ts";
import { SdkClient, type SdkMessage } from "../../tools/sdk-client.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";

const tidy = new Tidy();

const ada = fixture<{ data: { user: object } }>("client-data-sync-request").data.user;

describe("server SDKs", () => {
  it("get what is recorded: everything, nothing new, a flag, a segment", async () => {
    const { url, server } = await followingRelay(tidy);
    const sdk = await SdkClient.open(tidy, url, { secret: secrets.prod.server });
    expect(await sdk.sync(0)).toEqual(fixture("server-data-sync-full"));
    expect(await sdk.sync(1_772_787_600_046)).toEqual(fixture("server-data-sync-patch-empty"));
    const live = fixture<SdkMessage>("rp-live-patch-message");
    const before = sdk.heard.length;
    server.say(live.data);
    expect(await sdk.next("data-sync", before)).toEqual(fixture("server-data-sync-patch-flag"));
    const segment = fixture<SdkMessage>("server-data-sync-patch-segment");
    const then = sdk.heard.length;
    server.say(segment.data);
    expect(await sdk.next("data-sync", then)).toEqual(segment);
  });

  it("hear each change once, also where the server tells it twice", async () => {
    const { url, server } = await followingRelay(tidy);
    const sdk = await SdkClient.open(tidy, url, { secret: secrets.prod.server });
    await sdk.sync(0);
    const flag = plainFlag("twice");
    server.change({ flag });
    await sdk.next("data-sync", 1);
    server.say({ eventType: "patch", featureFlags: [flag], segments: [] });
    server.change({ flag: plainFlag("last") });
    await until("the last one", () => JSON.stringify(sdk.heard).includes('"last"'));
    const told = sdk.heard.slice(1).flatMap(({ data }) => data.featureFlags.map(({ key }) => key));
    expect(told).toEqual(["twice", "last"]);
  });

  it("are told everything anew when something is deleted", async () => {
    const { url, server, outrider } = await followingRelay(tidy);
    const sdk = await SdkClient.open(tidy, url, { secret: secrets.prod.server });
    await sdk.sync(0);
    server.remove(PROD, "old-footer");
    await outrider.call("flags", "refresh", {});
    const { data } = await sdk.next("data-sync", 1);
    expect(data.eventType).toBe("full");
    expect(data.featureFlags.map(({ key }) => key)).not.toContain("old-footer");
  });
});

describe("client SDKs", () => {
  it("get what is recorded, evaluated for their user", async () => {
    const { url, server } = await followingRelay(tidy);
    const sdk = await SdkClient.open(tidy, url, { secret: secrets.prod.client, type: "client" });
    expect(await sdk.sync(0, ada)).toEqual(fixture("client-data-sync-full"));
    const before = sdk.heard.length;
    server.say(fixture<SdkMessage>("rp-live-patch-message").data);
    expect(await sdk.next("data-sync", before)).toEqual(fixture("client-data-sync-patch"));
  });

  it("hear of a segment's change through the flags that refer to it, and of no other", async () => {
    const { url, server } = await followingRelay(tidy);
    const sdk = await SdkClient.open(tidy, url, { secret: secrets.prod.client, type: "client" });
    const { data } = await sdk.sync(0, { keyId: "zoe" });
    expect(data.featureFlags.find(({ id }) => id === "new-checkout")?.["variation"]).toBe("false");
    const [segment] = fixture<SdkMessage>("server-data-sync-patch-segment").data.segments as Segment[];
    server.change({ segment: { ...segment!, included: ["zoe"] } });
    const { data: told } = await sdk.next("data-sync", 1);
    expect(told.featureFlags.map(({ id }) => id)).toEqual(["new-checkout"]);
    expect(told.featureFlags[0]).toMatchObject({
      variation: "true",
      timestamp: Date.parse(segment!.updatedAt),
    });
  });

  it("may become somebody else on the same connection", async () => {
    const { url, server } = await followingRelay(tidy);
    const sdk = await SdkClient.open(tidy, url, { secret: secrets.prod.client, type: "client" });
    await sdk.sync(0, { keyId: "first" });
    expect((await sdk.sync(0, { keyId: "second" })).data.userKeyId).toBe("second");
    const before = sdk.heard.length;
    server.change({ flag: plainFlag("x") });
    expect((await sdk.next("data-sync", before)).data.userKeyId).toBe("second");
  });

  it("may send properties that are no text, and users without a key get no answer", async () => {
    const { url } = await followingRelay(tidy);
    const sdk = await SdkClient.open(tidy, url, { secret: secrets.prod.client, type: "client" });
    const properties = [
      { name: "country", value: "fr" },
      { name: "cartTotal", value: 80 },
    ];
    sdk.say("data-sync", { timestamp: 0, user: { keyId: " " } });
    const { data } = await sdk.sync(null, { KeyId: "u", CustomizedProperties: properties });
    expect(data.userKeyId).toBe("u");
    expect(data.featureFlags.find(({ id }) => id === "new-checkout")?.["matchReason"]).toBe("EU shops");
    expect(sdk.heard).toHaveLength(1);
  });
});

describe("what SDKs say besides", () => {
  it("is answered as the server does, and nonsense is not", async () => {
    const { url } = await followingRelay(tidy);
    const sdk = await SdkClient.open(tidy, url, { secret: secrets.prod.server, more: "&version=2" });
    for (const text of ["", "nonsense", "[]", "null", '{"messageType":"ping"}', '{"data":{}}'])
      sdk.ws.send(text);
    sdk.say("what", {});
    sdk.say("PING", null);
    expect(await sdk.next("pong", 0)).toEqual({ messageType: "pong", data: {} });
    sdk.say("echo", { a: [1] });
    expect(await sdk.next("echo", 0)).toEqual({ messageType: "echo", data: { a: [1] } });
    sdk.ws.send(Buffer.from('{"messageType":"ping","data":{}}'), { binary: true });
    await until("another pong", () => sdk.heard.length === 3);
  });

  it("is not answered where it is nested so deeply that it could not be written again", async () => {
    const { url } = await followingRelay(tidy);
    const sdk = await SdkClient.open(tidy, url, { secret: secrets.prod.client, type: "client" });
    const deep = "[".repeat(30_000) + "]".repeat(30_000);
    sdk.ws.send(`{"messageType":"echo","data":${deep}}`);
    sdk.ws.send(
      `{"messageType":"data-sync","data":{"user":{"keyId":"u","customizedProperties":[{"name":"x","value":${deep}}]}}}`,
    );
    sdk.say("ping", {});
    expect(await sdk.next("pong", 0)).toEqual({ messageType: "pong", data: {} });
    expect(sdk.heard).toHaveLength(1);
  });

  it("ends with the code they said; too much of it ends with 1009", async () => {
    const { url } = await followingRelay(tidy, { limits: { message: "1KB" } });
    const polite = await SdkClient.open(tidy, url, { secret: secrets.prod.server });
    polite.ws.close(4003, "The client is closed by user");
    expect((await polite.ended()).code).toBe(4003);
    const loud = await SdkClient.open(tidy, url, { secret: secrets.prod.server });
    loud.say("echo", "x".repeat(2_000));
    expect((await loud.ended()).code).toBe(1009);
  });
});

describe("who is let in", () => {
  it.each([
    ["a token that is none", { token: "abc" }],
    ["a token that is too old", { token: makeToken(secrets.prod.server, Date.now() - 31_000) }],
    ["a secret of the other type", { type: "client" }],
    ["another type", { type: "relay-proxy" }],
    ["another version", { more: "&version=3" }],
    ["a secret that nobody knows", { secret: "UkqPCxNtfE6KlcLR4POktwbg8cXXqLPUyeLxorPE1ebw" }],
  ])("not who has %s: 4003", async (_, more) => {
    const { url } = await followingRelay(tidy);
    const sdk = await SdkClient.open(tidy, url, { secret: secrets.prod.server, ...more });
    expect(await sdk.ended()).toEqual({ code: 4003, reason: "invalid request, close by server" });
  });

  it("later, who comes before there is data: 1013, and what it said is not lost on the next", async () => {
    const { url } = await relayOf(tidy, {
      from: { featbit: { url: "ws://127.0.0.1:9", key: "k", agent: "a" } },
    });
    const sdk = await SdkClient.open(tidy, url, { secret: secrets.prod.server });
    expect((await sdk.ended()).code).toBe(1013);
  });

  it("who has a secret that is newer than what we know, within 3 s", async () => {
    const { url, server } = await followingRelay(tidy);
    const fresh = "AAAAAAAAAAAAAAAAAAAAAA".concat(secrets.prod.server.slice(22));
    server.edit(PROD, (each) => ({
      ...each,
      secrets: [...each.secrets, { ...each.secrets[0]!, value: fresh }],
    }));
    const sdk = await SdkClient.open(tidy, url, { secret: fresh });
    expect((await sdk.sync(0)).data.eventType).toBe("full");
  });

  it("later, who comes with another unknown secret before the server can be asked again: 1013", async () => {
    const { url } = await followingRelay(tidy);
    const unknown = (letter: string) => letter.repeat(22) + secrets.prod.server.slice(22);
    const first = await SdkClient.open(tidy, url, { secret: unknown("a") });
    expect((await first.ended()).code).toBe(4003);
    const second = await SdkClient.open(tidy, url, { secret: unknown("b") });
    expect((await second.ended()).code).toBe(1013);
    // What the server has just said of a secret is not asked again.
    const again = await SdkClient.open(tidy, url, { secret: unknown("a") });
    expect((await again.ended()).code).toBe(4003);
  });

  it("nobody whose secret was revoked: 4003, at once", async () => {
    const { url, server } = await followingRelay(tidy);
    const [prod, dev] = [
      await SdkClient.open(tidy, url, { secret: secrets.prod.client, type: "client" }),
      await SdkClient.open(tidy, url, { secret: secrets.dev.server }),
    ];
    await dev.sync(0);
    server.edit(PROD, (each) => ({ ...each, secrets: each.secrets.filter(({ type }) => type === "server") }));
    server.say({
      eventType: "rp_full",
      items: server.state.environments.filter(({ envId }) => envId !== DEV),
    });
    expect((await prod.ended()).code).toBe(4003);
    expect((await dev.ended()).code).toBe(4003);
  });

  it("as many as may be: 1013 for the others", async () => {
    const { url } = await followingRelay(tidy, {
      limits: { connections: 2, connections_per_environment: 1 },
    });
    const first = await SdkClient.open(tidy, url, { secret: secrets.prod.server });
    await first.sync(0);
    const sameEnvironment = await SdkClient.open(tidy, url, { secret: secrets.prod.server });
    expect((await sameEnvironment.ended()).code).toBe(1013);
    await (await SdkClient.open(tidy, url, { secret: secrets.dev.server })).sync(0);
    expect((await (await SdkClient.open(tidy, url, { secret: secrets.dev.server })).ended()).code).toBe(1013);
  });
});

describe("environments", () => {
  it("are kept apart: nobody hears of another's flags", async () => {
    const { url, server } = await followingRelay(tidy);
    const prod = await SdkClient.open(tidy, url, { secret: secrets.prod.server });
    const dev = await SdkClient.open(tidy, url, { secret: secrets.dev.server });
    const all = [await prod.sync(0), await dev.sync(0)];
    server.change({ flag: plainFlag("for-dev", { envId: DEV }) });
    await dev.next("data-sync", 1);
    server.change({ flag: plainFlag("for-prod") });
    await prod.next("data-sync", 1);
    const seen = (sdk: SdkClient) =>
      sdk.heard.flatMap(({ data }) => data.featureFlags.map(({ envId }) => envId));
    expect(new Set(seen(prod))).toEqual(new Set([PROD]));
    expect(new Set(seen(dev))).toEqual(new Set([DEV]));
    expect(all[0]).not.toEqual(all[1]);
  });
});

describe("when the agent stops", () => {
  it("SDKs are sent away with 1001, which they come back from", async () => {
    const { url, outrider } = await followingRelay(tidy);
    const sdks = await Promise.all(
      Array.from({ length: 20 }, () => SdkClient.open(tidy, url, { secret: secrets.prod.server })),
    );
    await Promise.all(sdks.map((sdk) => sdk.sync(0)));
    await outrider.close();
    for (const sdk of sdks) expect((await sdk.ended()).code).toBe(1001);
  });
});

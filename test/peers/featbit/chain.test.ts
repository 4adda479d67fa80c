import { describe, expect, it } from "vitest";
import { fixture, PROD, plainFlag, secrets } from "../../tools/featbit-data.ts";
import { followingRelay, relayOf } from "../../tools/relay.ts";
import { SdkClient } from "../../tools/sdk-client.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";

const tidy = new Tidy();

describe("a relay below a relay", () => {
  async function chained() {
    const above = await followingRelay(tidy, { chain: { keys: ["rp-below"] } });
    const below = await relayOf(tidy, {
      from: { featbit: { url: above.url.replace("http", "ws"), key: "rp-below", agent: "below" } },
    });
    await until("it follows", () => below.status().syncState === "Stable");
    return { above, below };
  }

  it("serves the same, and hears of changes, deletions and restarts of the server", async () => {
    const { above, below } = await chained();
    const sdk = await SdkClient.open(tidy, below.url, { secret: secrets.prod.server });
    expect(await sdk.sync(0)).toEqual(fixture("server-data-sync-full"));
    above.server.change({ flag: plainFlag("live") });
    expect((await sdk.next("data-sync", 1)).data.featureFlags[0]?.["key"]).toBe("live");
    const before = sdk.heard.length;
    above.server.remove(PROD, "old-footer");
    await above.outrider.call("flags", "refresh", {});
    const { data } = await sdk.next("data-sync", before);
    expect(data.eventType).toBe("full");
    above.server.close(1011);
    await until("the one above is back", () => above.status().syncState === "Stable");
    expect(below.status().syncState).toBe("Stable");
  });

  it("is not let in with another key", async () => {
    const { above } = await chained();
    const stranger = await relayOf(tidy, {
      from: { featbit: { url: above.url.replace("http", "ws"), key: "rp-wrong", agent: "stranger" } },
    });
    await until("it was refused", () => stranger.status().syncState === "Stopped");
  });
});

describe("why", () => {
  it("a user gets what a flag serves: each rule, each condition", async () => {
    const { outrider, admin } = await followingRelay(tidy);
    const asked = {
      flag: "new-checkout",
      user: "zoe",
      environment: "webshop:prod",
      properties: "country=fr,cartTotal=80",
    };
    const told = await outrider.call("flags", "why", asked);
    expect(told).toMatchObject({
      value: "true",
      decided_by: "rule",
      reason: "EU shops",
      rules: [
        { name: "Beta users", conditions: [{ holds: false }] },
        {
          name: "EU shops",
          conditions: [
            { property: "country", user_has: "fr", holds: true },
            { property: "cartTotal", user_has: "80", holds: true },
          ],
        },
      ],
    });
    const body = {
      flag: "new-checkout",
      environment: PROD,
      user: {
        keyId: "zoe",
        customizedProperties: [
          { name: "country", value: "fr" },
          { name: "cartTotal", value: 80 },
        ],
      },
    };
    expect(await (await admin("why", { method: "POST", body: JSON.stringify(body) })).json()).toEqual(told);
    expect(await outrider.call("flags", "why", { flag: "x", user: "u" })).toMatchObject({
      known: ["webshop:prod", "webshop:dev"],
    });
    expect(await outrider.call("flags", "why", { ...asked, flag: "x" })).toMatchObject({
      error: expect.stringContaining("no flag"),
    });
  });
});

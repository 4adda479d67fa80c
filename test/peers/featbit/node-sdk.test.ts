import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { StandInFeatbit } from "../../tools/featbit.ts";
import { plainFlag, secrets } from "../../tools/featbit-data.ts";
import { freePort } from "../../tools/ports.ts";
import { followingRelay, relayOf } from "../../tools/relay.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";

// Its ESM build has imports without extensions, which Node does not take.
const { DataSyncModeEnum, FbClientBuilder, UserBuilder } = createRequire(import.meta.url)(
  "@featbit/node-server-sdk",
) as typeof import("@featbit/node-server-sdk");

const tidy = new Tidy();

const ada = new UserBuilder("ada")
  .name("Ada Lovelace")
  .custom("country", "fr")
  .custom("cartTotal", "80")
  .build();

/** The unmodified SDK, streaming. */
async function sdkOf(url: string, secret = secrets.prod.server) {
  const client = new FbClientBuilder({ startWaitTime: 8_000 } as object)
    .sdkKey(secret)
    .streamingUri(url.replace("http", "ws"))
    .eventsUri(url)
    .flushInterval(200)
    .logLevel("none")
    .build();
  tidy.later(() => client.close());
  await client.waitForInitialization();
  return client;
}

describe("@featbit/node-server-sdk, streaming", () => {
  it("is initialised, evaluates, and hears of changes", async () => {
    const { url, server } = await followingRelay(tidy);
    const client = await sdkOf(url);
    expect(client.initialized()).toBe(true);
    expect(await client.boolVariation("new-checkout", ada, false)).toBe(true);
    expect(await client.stringVariation("banner-text", ada, "none")).toBe("Spring sale: 20 % off");
    server.change({ flag: plainFlag("live", { value: "heard" }) });
    await until("it hears", async () => (await client.stringVariation("live", ada, "not yet")) === "heard");
  });

  it("reports what it served, and what users did", async () => {
    const events = await StandInFeatbit.start(tidy);
    const to = { featbit: { url: events.url.replace("ws", "http") } };
    const { url } = await followingRelay(tidy, { insights: { to, batch: { window: "50ms" } } });
    const client = await sdkOf(url);
    await client.boolVariation("new-checkout", ada, false);
    client.track(ada, "purchase", 7);
    client.flush();
    const text = () => JSON.stringify(events.requests.map(({ body }) => body));
    await until("both arrive", () => text().includes("purchase") && text().includes("new-checkout"));
    expect(text()).toContain('"keyId":"ada"');
  });

  it("comes back when the relay is started anew, with the server gone, and misses nothing afterwards", async () => {
    const port = await freePort();
    const server = await StandInFeatbit.start(tidy);
    const more = { from: { featbit: { url: server.url, key: server.key, agent: "a" } } };
    const first = await relayOf(tidy, more, { port });
    await until("it follows", () => first.status().syncState === "Stable");
    const client = await sdkOf(first.url);
    const serverPort = server.port;
    await first.outrider.close();
    await server.stop();
    // Nothing was kept: who comes now is put off with 1013, and not sent away for good.
    const second = await relayOf(tidy, more, { port });
    await until("it was put off", async () =>
      /turned_away_total\{.*reason="not_ready"/.test(await second.outrider.metrics.text()),
    );
    const back = await StandInFeatbit.start(tidy, { port: serverPort });
    back.change({ flag: plainFlag("afterwards", { value: "heard" }) });
    const heard = async () => (await client.stringVariation("afterwards", ada, "not yet")) === "heard";
    await until("it hears", heard, { within: 25_000, every: 100 });
  });
});

describe("@featbit/node-server-sdk, otherwise", () => {
  it("polls, again and again", async () => {
    const { url, server } = await followingRelay(tidy);
    const client = new FbClientBuilder()
      .sdkKey(secrets.prod.server)
      .dataSyncMode(DataSyncModeEnum.POLLING)
      .pollingUri(url)
      .eventsUri(url)
      .pollingInterval(200)
      .logLevel("none")
      .build();
    tidy.later(() => client.close());
    await client.waitForInitialization();
    expect(await client.boolVariation("new-checkout", ada, false)).toBe(true);
    for (const value of ["first", "second", "third"]) {
      server.change({ flag: plainFlag("polled", { value }) });
      await until(
        `it hears of the ${value}`,
        async () => (await client.stringVariation("polled", ada, "")) === value,
      );
    }
  });

  it("starts offline from what our polling route says", async () => {
    const { url } = await followingRelay(tidy);
    const answer = await fetch(`${url}/api/public/sdk/server/latest-all`, {
      headers: { authorization: secrets.prod.server },
    });
    const client = new FbClientBuilder()
      .offline(true)
      .useJsonBootstrapProvider(await answer.text())
      .build();
    tidy.later(() => client.close());
    await client.waitForInitialization();
    expect(await client.boolVariation("new-checkout", ada, false)).toBe(true);
  });
});

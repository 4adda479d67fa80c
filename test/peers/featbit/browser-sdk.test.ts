import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { pageWithSdk } from "../../tools/browser.ts";
import { StandInFeatbit } from "../../tools/featbit.ts";
import { plainFlag, secrets } from "../../tools/featbit-data.ts";
import { describeWith } from "../../tools/needs.ts";
import { followingRelay } from "../../tools/relay.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";

const tidy = new Tidy();

/** What the page does is written as text: it runs there, with the SDK's globals. */
function start(page: Page, url: string, mode: "STREAMING" | "POLLING" = "STREAMING"): Promise<void> {
  const uri =
    mode === "STREAMING"
      ? `.streamingUri(${JSON.stringify(url.replace("http", "ws"))})`
      : `.pollingUri(${JSON.stringify(url)}).pollingInterval(300)`;
  return page.evaluate(`(async () => {
    const user = (key, country) => new UserBuilder(key).name("somebody").custom("country", country).custom("cartTotal", "80").build();
    window.user = user;
    window.changes = [];
    window.client = new FbClientBuilder().sdkKey(${JSON.stringify(secrets.prod.client)})
      .dataSyncMode(DataSyncModeEnum.${mode})${uri}.eventsUri(${JSON.stringify(url)}).flushInterval(200)
      .user(user("ada", "fr")).build();
    client.on("update", (keys) => changes.push(...keys));
    await client.waitForInitialization();
  })()`);
}

const value = (page: Page, key: string, fallback = "none") =>
  page.evaluate<unknown>(`client.variation(${JSON.stringify(key)}, ${JSON.stringify(fallback)})`);

describeWith("chromium")("@featbit/js-client-sdk in Chromium", () => {
  it("is initialised, hears of changes, and becomes another user", async () => {
    const { url, server } = await followingRelay(tidy);
    const page = await pageWithSdk(tidy);
    await start(page, url);
    expect(await value(page, "new-checkout")).toBe(true);
    expect(await value(page, "banner-text")).toBe("Spring sale: 20 % off");
    expect(await value(page, "old-footer", "the default of the page")).toBe("the default of the page");
    server.change({ flag: plainFlag("live", { value: "heard" }) });
    await until("it hears", async () => (await value(page, "live")) === "heard");
    await page.evaluate('client.identify(user("zoe", "us"))');
    await until("it is another's", async () => (await value(page, "new-checkout")) === false);
  });

  it("stays connected for a minute of silence", { timeout: 90_000 }, async () => {
    const { url, outrider } = await followingRelay(tidy);
    const page = await pageWithSdk(tidy);
    await start(page, url);
    const connects = async () =>
      /connects_total\{.*type="client".*\} (\d+)/.exec(await outrider.metrics.text())?.[1];
    expect(await connects()).toBe("1");
    await page.waitForTimeout(60_000);
    expect(await connects()).toBe("1");
    expect(await value(page, "new-checkout")).toBe(true);
  });

  it("polls, and hears of changes", async () => {
    const { url, server } = await followingRelay(tidy);
    const page = await pageWithSdk(tidy);
    await start(page, url, "POLLING");
    expect(await value(page, "new-checkout")).toBe(true);
    server.change({ flag: plainFlag("polled", { value: "heard" }) });
    await until("it hears", async () => (await value(page, "polled")) === "heard");
  });

  it("reports what it served", async () => {
    const events = await StandInFeatbit.start(tidy);
    const to = { featbit: { url: events.url.replace("ws", "http") } };
    const { url } = await followingRelay(tidy, { insights: { to, batch: { window: "50ms" } } });
    const page = await pageWithSdk(tidy);
    await start(page, url);
    await value(page, "new-checkout");
    await page.evaluate("client.flush()");
    await until("it arrives", () =>
      JSON.stringify(events.requests.map(({ body }) => body)).includes("new-checkout"),
    );
  });
});

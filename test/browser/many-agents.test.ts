import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import { openBrowser, Visitor } from "../tools/control-room.ts";
import { folder } from "../tools/folder.ts";
import { describeWith } from "../tools/needs.ts";
import { type OutriderProcess, startOutrider } from "../tools/outrider.ts";
import { freePort } from "../tools/ports.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

const MANY = 1_000;

describeWith("chromium")(`the control room with ${MANY} agents`, () => {
  const tidy = new Tidy("all");
  let browser: Browser;
  let run: OutriderProcess;
  let origin: string;

  beforeAll(async () => {
    const admin = `127.0.0.1:${await freePort()}`;
    origin = `http://${admin}`;
    const file = join(await folder(tidy), "events.ndjson");
    writeFileSync(file, "");
    const agents = Object.fromEntries(
      Array.from({ length: MANY }, (_, index) => [
        `web-${String(index).padStart(4, "0")}`,
        // One that waits for lines in a file opens no door, so that a thousand of them start quickly.
        {
          kind: "queue",
          from: { file: { path: file, follow: true } },
          to: [{ http: { url: "http://127.0.0.1:1" } }],
        },
      ]),
    );
    run = await startOutrider(tidy, { config: { admin: { listen: admin }, agents } });
    browser = await openBrowser(tidy);
    await run.line(({ msg }) => msg === "every required agent is ready", { within: 60_000 });
  }, 120_000);

  it("draws only what can be seen, and stays cheap to scroll and to keep up to date", {
    timeout: 120_000,
  }, async () => {
    const visitor = await Visitor.come(browser, origin);
    const { page } = visitor;
    await visitor.row("web-0000").waitFor();
    const rows = page.locator(".windowed > li");
    expect(await rows.count()).toBeLessThan(60);
    expect(await rows.first().getAttribute("aria-setsize")).toBe(String(MANY));

    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
    /** Milliseconds of the page's thread, that others on this machine do not count into. */
    const spent = async () => {
      const { metrics } = await session.send("Performance.getMetrics");
      return 1_000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN);
    };

    const beforeScroll = await spent();
    const steps = 50;
    const length = Number(await page.evaluate("document.documentElement.scrollHeight - innerHeight"));
    for (let step = 1; step <= steps; step++) {
      await page.evaluate(`scrollTo(0, ${Math.round((length * step) / steps)})`);
      await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
    }
    await visitor.row("web-0999").waitFor();
    const scroll = ((await spent()) - beforeScroll) / steps;
    expect(await rows.count()).toBeLessThan(60);

    // A hundred agents restart; each goes through some states, and a hundred changes are a hundred sorts at most.
    await page.evaluate("scrollTo(0, 0)");
    await visitor.row("web-0000").waitFor();
    const beforeChange = await spent();
    for (let index = 0; index < 100; index++) {
      const name = `web-${String(index).padStart(4, "0")}`;
      await run.api(`/api/agents/${name}/restart`, {});
    }
    await run.api("/api/agents/web-0500/stop", {});
    const stopped = visitor.row("web-0500");
    // It is not well now, and so it stands on top.
    await stopped.locator('[data-state="stopped"]').waitFor();
    const change = ((await spent()) - beforeChange) / 100;

    const beforeSearch = await spent();
    await page.getByLabel("Search agents").fill("web-07");
    await until(
      "a hundred are left",
      async () => (await rows.first().getAttribute("aria-setsize")) === "100",
    );
    const search = (await spent()) - beforeSearch;
    const figures = { scroll, change, search };
    console.info(`milliseconds of the page's thread, ${MANY} agents:`, figures);
    // A step of the scroll is more than a whole window of new rows.
    expect(scroll).toBeLessThan(100);
    expect(change).toBeLessThan(20);
    expect(search).toBeLessThan(400);
    visitor.expectNoOffence();
  });
});

import type { Browser } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import { Backend } from "../tools/backend.ts";
import { openBrowser, Visitor } from "../tools/control-room.ts";
import { describeWith } from "../tools/needs.ts";
import { startOutrider } from "../tools/outrider.ts";
import { freePort } from "../tools/ports.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

describeWith("chromium")("the control room in trouble", () => {
  const tidy = new Tidy("all");
  let browser: Browser;

  beforeAll(async () => {
    browser = await openBrowser(tidy);
  });

  /** A process with an inbox whose events go to a backend. */
  async function shop(more: object = {}) {
    const backend = await Backend.start(tidy);
    const admin = `127.0.0.1:${await freePort()}`;
    const inbox = `127.0.0.1:${await freePort()}`;
    const config = {
      admin: { listen: admin, ...more },
      agents: {
        orders: {
          kind: "queue",
          listen: inbox,
          from: { inbox: { answer: "accepted" } },
          to: [{ http: { url: backend.url } }],
          retry: { first: "100ms", max: "500ms", times: 1_000 },
        },
      },
    };
    const start = async () => {
      const run = await startOutrider(tidy, { config });
      await run.says("every required agent is ready");
      return run;
    };
    const post = (id: number) => fetch(`http://${inbox}/`, { method: "POST", body: JSON.stringify({ id }) });
    return { backend, origin: `http://${admin}`, start, post };
  }

  it("turns amber when a backend dies, says why, and green when it is back", async () => {
    const { backend, origin, start, post } = await shop();
    await start();
    const visitor = await Visitor.come(browser, origin);
    const row = visitor.row("orders");
    await row.locator('[data-state="ready"]').waitFor();
    await post(1);
    await backend.took(1);
    await backend.leave();
    await post(2);
    await row.locator('[data-state="degraded"]').waitFor();
    const why = new RegExp(`sink: .*127\\.0\\.0\\.1:${backend.port}`);
    await until("the row says why", async () => why.test((await row.textContent()) ?? ""));
    await row.getByRole("link").click();
    const reason = visitor.page.getByLabel("Why it is not well");
    await reason.getByText("sink is down").waitFor();
    // Every problem comes with what helps.
    expect(await reason.locator(".remedy").textContent()).not.toBe("");
    await visitor.page.getByRole("link", { name: "Problems" }).click();
    await visitor.page.locator(".problem-list").getByText("sink").first().waitFor();
    await backend.comeBack();
    await visitor.page.locator('.agent-title [data-state="ready"]').waitFor();
    await backend.took(2);
    visitor.expectNoOffence();
  });

  it("says that the process is away, and goes on by itself when it is back", {
    timeout: 60_000,
  }, async () => {
    const { origin, start } = await shop();
    const first = await start();
    const visitor = await Visitor.come(browser, origin);
    await visitor.row("orders").waitFor();
    await first.stop();
    await visitor.sees("No connection to Outrider");
    expect(await visitor.page.locator("html").getAttribute("data-link")).toBe("lost");
    // What was seen last is still there to be read.
    expect(await visitor.row("orders").count()).toBe(1);
    expect(await visitor.barriers()).toEqual([]);
    await visitor.go("agents/orders");
    await visitor.page.getByRole("heading", { name: "orders" }).waitFor();
    const second = await start();
    await visitor.page.getByText("No connection to Outrider").waitFor({ state: "detached", timeout: 20_000 });
    await visitor.page.locator('.agent-title [data-state="ready"]').waitFor();
    expect(second.pid).not.toBe(first.pid);
    visitor.expectNoOffence();
  });

  it("asks for the token, and keeps it for this tab alone", async () => {
    const { origin, start } = await shop({ token: "open-sesame" });
    await start();
    const visitor = await Visitor.come(browser, origin);
    const field = visitor.page.getByLabel("Token");
    await field.fill("wrong");
    await visitor.page.keyboard.press("Enter");
    await visitor.sees("This token was not accepted.");
    expect(await visitor.barriers()).toEqual([]);
    await field.fill("open-sesame");
    await visitor.button("Log in").click();
    await visitor.row("orders").waitFor();
    await visitor.page.reload();
    await visitor.row("orders").waitFor();
    await until("it is live", async () => (await visitor.page.locator(".live.is-live").count()) === 1);
    expect(await visitor.page.evaluate("[localStorage.length, document.cookie]")).toEqual([0, ""]);
    expect(visitor.page.url()).not.toContain("sesame");
    await visitor.button("Log out").click();
    await field.waitFor();
    visitor.expectNoOffence();
  });

  it("refuses what another page asks in a visitor's name", async () => {
    const { origin, start } = await shop();
    const run = await start();
    const elsewhere = await browser.newPage();
    const asked = `fetch("${origin}/api/agents/orders/stop", { method: "POST", mode: "no-cors" }).catch(() => {})`;
    await elsewhere.goto("data:text/html,<p>elsewhere");
    await elsewhere.evaluate(asked);
    expect((await run.api<{ standing: string }>("/api/agents/orders")).standing).toBe("ready");
  });
});

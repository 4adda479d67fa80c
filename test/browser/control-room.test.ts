import type { Browser } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import { type Demo, openBrowser, phone, startDemo, Visitor } from "../tools/control-room.ts";
import { describeWith } from "../tools/needs.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

const kinds = ["redirects", "haproxy", "queue", "celery", "flags"];
const agents = ["shop-redirects", "web-1", "maintenance", "task-events", "shop-flags"];

describeWith("chromium")("the control room of the demo", () => {
  const tidy = new Tidy("all");
  let demo: Demo;
  let browser: Browser;

  beforeAll(async () => {
    [demo, browser] = await Promise.all([startDemo(tidy), openBrowser(tidy)]);
  });

  /** Somebody posts an event that names a server. */
  const post = (server: string) =>
    fetch(`http://${demo.env["DEMO_INBOX"]}/${server}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ reason: "deploy" }),
    });
  const get = (path: string) => fetch(`http://${demo.env["DEMO_HTTP"]}${path}`, { redirect: "manual" });

  it("shows five green agents, one of each kind", async () => {
    const visitor = await Visitor.come(browser, demo.origin);
    for (const [index, name] of agents.entries()) {
      const row = visitor.row(name);
      await row.locator('[data-state="ready"]').waitFor();
      expect(await row.textContent()).toContain(kinds[index]);
    }
    expect(await visitor.page.getByRole("listitem").count()).toBe(5);
    expect(await visitor.page.title()).toBe("Agents · Outrider");
    visitor.expectNoOffence();
  });

  it("filters by what is typed, by kind and by state", async () => {
    const visitor = await Visitor.come(browser, demo.origin);
    const rows = visitor.page.getByRole("listitem");
    await visitor.row("web-1").waitFor();
    await visitor.page.getByLabel("Search agents").fill("shop");
    await until("two are left", async () => (await rows.count()) === 2);
    await visitor.page.getByLabel("Kind").selectOption("flags");
    await until("one is left", async () => (await rows.count()) === 1);
    await visitor.page.getByLabel("Search agents").fill("nobody");
    await visitor.button("Show all agents").click();
    await until("all are back", async () => (await rows.count()) === 5);
  });

  it("shows the use of each rule, and explains a URL", async () => {
    for (let turn = 0; turn < 3; turn++) await get("/old");
    await get("/nothing-here");
    const visitor = await Visitor.come(browser, demo.origin);
    await visitor.row("shop-redirects").getByRole("link").click();
    const used = visitor.page.getByRole("row").filter({ hasText: "/old" });
    await until("the hits are counted", async () =>
      /301[3-9]/.test((await used.first().textContent()) ?? ""),
    );
    await visitor.sees(/nothing-here/);
    await visitor.page.getByLabel("URL or path to explain").fill("/blog/7/hello");
    await visitor.button("Explain").click();
    await visitor.sees("/articles/7/hello");
    await visitor.sees("matches");
    visitor.expectNoOffence();
  });

  it("says why a user gets a flag's value", async () => {
    const visitor = await Visitor.come(browser, demo.origin);
    await visitor.go("agents/shop-flags");
    await visitor.button("Why: headline").click();
    await visitor.page.getByLabel("The user's key").fill("visitor");
    await visitor.button("Why?").click();
    await visitor.dialog().getByText("Spring sale").first().waitFor();
    await visitor.dialog().getByText("decided by default").waitFor();
    visitor.expectNoOffence();
  });

  it("shows what HAProxy hears, who asks, and what was said before", async () => {
    await fetch(`http://${demo.env["DEMO_CHECK"]}/`);
    const visitor = await Visitor.come(browser, demo.origin);
    await visitor.go("agents/web-1");
    await visitor.sees(/^up (ready )?100%/);
    await visitor.page.getByRole("row").filter({ hasText: "127.0.0.1" }).waitFor();
    await visitor.page.getByRole("link", { name: "Actions" }).click();
    await visitor.button("Drain …").click();
    await visitor.page.getByLabel("For", { exact: true }).fill("2 weeks");
    await visitor.dialog().getByRole("button", { name: "Drain", exact: true }).click();
    await visitor.sees(/is no duration/);
    await visitor.page.getByLabel("For", { exact: true }).fill("1h");
    await visitor.page.getByLabel("Reason").fill("by hand");
    await visitor.dialog().getByRole("button", { name: "Drain", exact: true }).click();
    await visitor.dialog().getByText("Result").waitFor();
    await visitor.page.keyboard.press("Escape");
    await visitor.page.getByRole("link", { name: "Now" }).click();
    await visitor.sees(/^up drain 100% #by hand/);
    await visitor.page.getByRole("row").filter({ hasText: "DRAIN" }).first().waitFor();
    await demo.run.api("/api/agents/web-1/actions/clear", {});
    visitor.expectNoOffence();
  });

  it("sends again what was set aside, one of it or all", async () => {
    for (const server of ["web-8", "web-9"]) expect((await post(server)).ok).toBe(false);
    const visitor = await Visitor.come(browser, demo.origin);
    await visitor.go("agents/maintenance");
    const items = visitor.page.locator(".aside-list li");
    await until("two are shown", async () => (await items.count()) === 2);
    expect(await items.first().textContent()).toMatch(
      /status code 404[\s\S]*web-9[\s\S]*\{"reason":"deploy"\}/,
    );
    await items.first().getByRole("checkbox").check();
    await visitor.button("Replay 1 …").click();
    await visitor.dialog().getByRole("button", { name: "Replay", exact: true }).click();
    await visitor.sees(/Last replay: 0 delivered, 1 set aside once more/);
    await until("both are shown again", async () => (await items.count()) === 2);
    await visitor.button("Replay all …").click();
    await visitor.dialog().getByRole("button", { name: "Replay", exact: true }).click();
    await visitor.sees(/Last replay: 0 delivered, 2 set aside once more/);
    visitor.expectNoOffence();
  });

  it("stops an agent after a question, and starts it", async () => {
    const visitor = await Visitor.come(browser, demo.origin);
    await visitor.go("agents/task-events");
    await visitor.button("Stop").click();
    await visitor.dialog().getByText("It takes nothing new").waitFor();
    await visitor.page.keyboard.press("Escape");
    expect(await visitor.dialog().count()).toBe(0);
    expect((await demo.run.api<{ standing: string }>("/api/agents/task-events")).standing).toBe("ready");
    await visitor.button("Stop").click();
    await visitor.dialog().getByRole("button", { name: "Stop", exact: true }).click();
    await visitor.page.locator('.agent-title [data-state="stopped"]').waitFor();
    await visitor.button("Start").click();
    await visitor.page.locator('.agent-title [data-state="ready"]').waitFor();
    visitor.expectNoOffence();
  });

  it("says of an agent of the file where it is written, and offers no change", async () => {
    const visitor = await Visitor.come(browser, demo.origin);
    await visitor.go("agents/web-1/config");
    await visitor.sees(/Written in .*outrider\.yaml:\d+:\d+/);
    expect(await visitor.page.getByRole("link", { name: "Edit" }).count()).toBe(0);
    expect(await visitor.button("Delete").count()).toBe(0);
    await visitor.go("agents/web-1/edit");
    await visitor.sees("This agent belongs to a file");
  });

  it("follows the system's theme, until one is chosen, and remembers the choice", async () => {
    const visitor = await Visitor.come(browser, demo.origin, { scheme: "dark" });
    const ground = () => visitor.page.evaluate("getComputedStyle(document.documentElement).backgroundColor");
    await visitor.row("web-1").waitFor();
    const dark = await ground();
    await visitor.button(/^Theme: as the system/).click();
    const light = await ground();
    expect(light).not.toBe(dark);
    await visitor.page.reload();
    await visitor.row("web-1").waitFor();
    expect(await ground()).toBe(light);
    await visitor.button(/^Theme: light/).click();
    expect(await ground()).toBe(dark);
    visitor.expectNoOffence();
  });

  it("can be used with the keyboard alone", async () => {
    const { page, ...visitor } = await keyboardVisitor();
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("Skip to the content");
    await page.keyboard.press("Enter");
    for (let turn = 0; turn < 20 && !(await focused(page)).startsWith("maintenance"); turn++)
      await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowDown");
    await until("the next row", async () => (await focused(page)).startsWith("shop-flags"));
    await page.keyboard.press("End");
    await until("the last row", async () => (await focused(page)).startsWith("web-1"));
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "web-1" }).waitFor();
    // Who listens to the page hears where they are now.
    await until("the heading has the focus", async () => (await focused(page)) === "web-1");
    for (let turn = 0; turn < 10 && !(await focused(page)).startsWith("Restart"); turn++)
      await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await until("the focus is back", async () => (await focused(page)).startsWith("Restart"));
    visitor.expectNoOffence();
  });

  async function keyboardVisitor() {
    const visitor = await Visitor.come(browser, demo.origin);
    await visitor.row("web-1").waitFor();
    return { page: visitor.page, expectNoOffence: () => visitor.expectNoOffence() };
  }

  const focused = async (page: Visitor["page"]) =>
    String(await page.evaluate("document.activeElement?.innerText ?? ''"));

  const places = [
    "",
    ...agents.map((name) => `agents/${name}`),
    "agents/maintenance/actions",
    "agents/maintenance/problems",
    "agents/maintenance/log",
    "agents/maintenance/config",
    "add",
    "add/queue",
    "add/haproxy",
    "fleet",
    "process",
    "nowhere",
  ];
  const looks = [
    { name: "desktop, light", look: {} },
    { name: "desktop, dark", look: { scheme: "dark" } },
    { name: "phone, light", look: { viewport: phone } },
    { name: "phone, dark", look: { viewport: phone, scheme: "dark" } },
  ] as const;

  it.each(looks)("has no barrier and stays in its window: $name", { timeout: 120_000 }, async ({ look }) => {
    const visitor = await Visitor.come(browser, demo.origin, look);
    for (const place of places) {
      await visitor.go(place);
      await visitor.page.getByRole("heading", { level: 1 }).waitFor();
      expect([place, await visitor.barriers()]).toEqual([place, []]);
      expect([place, await visitor.sticksOut()]).toEqual([place, false]);
    }
    visitor.expectNoOffence();
  });

  it("has no barrier in an open dialog and an open form", { timeout: 60_000 }, async () => {
    const visitor = await Visitor.come(browser, demo.origin, { scheme: "dark" });
    await visitor.go("agents/web-1/actions");
    await visitor.button("Override …").click();
    expect(await visitor.barriers()).toEqual([]);
    await visitor.go("add/queue");
    await visitor.page.keyboard.press("Escape");
    for (const more of await visitor.page.locator("summary").all()) await more.click();
    expect(await visitor.barriers()).toEqual([]);
    await visitor.page.getByLabel("YAML or JSON").check({ force: true });
    await visitor.page.getByLabel(/As in outrider.yaml/).waitFor();
    expect(await visitor.barriers()).toEqual([]);
  });

  it("is framed by nobody, and keeps nothing that could be taken along", async () => {
    const { headers } = await fetch(demo.origin);
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(headers.get("set-cookie")).toBe(null);
  });
});

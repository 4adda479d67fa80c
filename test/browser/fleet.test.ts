import type { Browser } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import { openBrowser, phone, Visitor } from "../tools/control-room.ts";
import { describeWith } from "../tools/needs.ts";
import { startOutrider } from "../tools/outrider.ts";
import { freePort } from "../tools/ports.ts";
import { Tidy } from "../tools/tidy.ts";

describeWith("chromium")("the fleet in the control room", () => {
  const tidy = new Tidy("all");
  let browser: Browser;

  beforeAll(async () => {
    browser = await openBrowser(tidy);
  });

  async function start(fleet: object | undefined) {
    const admin = `127.0.0.1:${await freePort()}`;
    const agents = { [`web-${admin.split(":")[1]}`]: { kind: "haproxy", listen: "127.0.0.1:0" } };
    const config = { admin: { listen: admin }, ...(fleet && { fleet }), agents };
    const run = await startOutrider(tidy, { config });
    await run.says("outrider is running");
    return { run, origin: `http://${admin}`, agent: Object.keys(agents)[0]! };
  }

  it("shows processes side by side, tells when one ends, and forgets it", { timeout: 60_000 }, async () => {
    const head = await start({ listen: true, name: "head", every: "1s" });
    const edge = await start({ report_to: head.origin, name: "edge-1", every: "1s" });
    const visitor = await Visitor.come(browser, head.origin, { viewport: phone, scheme: "dark" });
    await visitor.go("fleet");
    const node = visitor.page.locator(".node").filter({ hasText: "edge-1" });
    await node.getByText("online", { exact: true }).waitFor();
    await node.getByText(edge.agent).waitFor();
    expect(await visitor.barriers()).toEqual([]);
    expect(await visitor.sticksOut()).toBe(false);

    const there = await Visitor.come(browser, edge.origin);
    await there.go("fleet");
    await there.sees("This process reports");
    await there.sees(head.origin);
    expect(await there.barriers()).toEqual([]);
    there.expectNoOffence();

    await edge.run.stop();
    await node.getByText("offline", { exact: true }).waitFor();
    await visitor.button("History of edge-1").click();
    await visitor.dialog().getByText("offline").first().waitFor();
    await visitor.page.keyboard.press("Escape");
    await visitor.button("Forget edge-1").click();
    await node.waitFor({ state: "detached" });
    visitor.expectNoOffence();
  });

  it("says how to begin one where there is none", async () => {
    const { origin } = await start(undefined);
    const visitor = await Visitor.come(browser, origin);
    await visitor.go("fleet");
    await visitor.sees("This process keeps no fleet");
    await visitor.sees(`report_to: ${origin}`);
  });
});

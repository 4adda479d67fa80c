import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sentTo } from "../../tools/ask.ts";
import { folder } from "../../tools/folder.ts";
import { saved, servingPort, startManagedProcess } from "../../tools/managed-process.ts";
import { startManager } from "../../tools/managed-shop.ts";
import type { StandInManager } from "../../tools/manager.ts";
import type { OutriderProcess } from "../../tools/outrider.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";

const tidy = new Tidy();

const rules = (count: number, target: string) =>
  Array.from({ length: count }, (_, i) => ({ type: "BASIC", source: `/${i}`, target, status: "FOUND" }));

/** From now on, the Manager breaks every connection. */
function hangUp(manager: StandInManager): void {
  manager.state.intercept = (request) => {
    request.socket.destroy();
    return true;
  };
}

async function die(outrider: OutriderProcess): Promise<void> {
  outrider.signal("SIGKILL");
  expect((await outrider.ended).signal).toBe("SIGKILL");
}

describe("a restart while the Manager is down", () => {
  it("after kill -9 serves the last rules, says that it does, and heals when the Manager is back", async () => {
    const stateDir = await folder(tidy);
    const manager = await startManager(tidy, { version: "3\n", redirects: rules(10, "/kept") });
    const first = await startManagedProcess(tidy, manager, { stateDir });
    expect(await sentTo(await servingPort(first), "/7")).toBe("302 /kept");
    await saved(stateDir);
    await die(first);

    hangUp(manager);
    const second = await startManagedProcess(tidy, manager, { stateDir });
    const port = await servingPort(second);
    expect(await sentTo(port, "/7")).toBe("302 /kept");
    const line = await second.line(({ msg, part }) => msg === "part is down" && part === "origin");
    expect(line).toMatchObject({ agent: "shop", code: "connect_failed", remedy: expect.any(String) });
    const told = await second.api("/api/agents/shop");
    expect(JSON.stringify(told)).toContain("degraded");
    expect(JSON.stringify(told)).toContain(String(line["remedy"]));

    Object.assign(manager.state, { version: "4\n", redirects: rules(10, "/fresh") });
    delete manager.state.intercept;
    await second.api("/api/agents/shop/actions/refresh", {});
    await until("healed", async () => (await sentTo(port, "/7")) === "302 /fresh");
  });

  it("killed while it saves, it has the rules of before or those of after, whole", {
    timeout: 90_000,
  }, async () => {
    const stateDir = await folder(tidy);
    const manager = await startManager(tidy, { version: "1\n", redirects: rules(10, "/v1") });
    let outrider = await startManagedProcess(tidy, manager, { stateDir });
    await servingPort(outrider);
    await saved(stateDir);
    let before = "302 /v1";
    let halves = 0;
    // Three times, and then until it has lost its life in the middle once: half a file lies there then.
    for (let version = 2; version <= 4 || (halves === 0 && version <= 12); version++) {
      Object.assign(manager.state, { version: `${version}\n`, redirects: rules(60_000, `/v${version}`) });
      const from = outrider.lines.length;
      await outrider.api("/api/agents/shop/actions/refresh", {});
      await outrider.line(({ msg, version: at }) => msg === "rules accepted" && at === `${version}`, {
        from,
      });
      const half = `.snap.${outrider.pid}-`;
      const isSaving = () => readdirSync(join(stateDir, "snapshots")).some((name) => name.includes(half));
      // The first save is a second ago at most, so this one begins about now.
      await until("saving", isSaving, { every: 1, within: 2_000 }).catch(() => {});
      await die(outrider);
      if (isSaving()) halves++;

      hangUp(manager);
      outrider = await startManagedProcess(tidy, manager, { stateDir });
      const kept = await sentTo(await servingPort(outrider), "/7");
      expect([before, `302 /v${version}`]).toContain(kept);
      before = kept;
      expect(outrider.lines.filter(({ part }) => part === "snapshot")).toEqual([]);
      delete manager.state.intercept;
    }
    expect(halves).toBeGreaterThan(0);
  });
});

describe("a publish hook", () => {
  it("is one POST, and the new rules are served at once, whatever the interval", async () => {
    const manager = await startManager(tidy, { redirects: rules(1, "/one") });
    const outrider = await startManagedProcess(tidy, manager);
    const port = await servingPort(outrider);
    Object.assign(manager.state, { version: "2\n", redirects: rules(1, "/two") });
    await outrider.api("/api/agents/shop/actions/refresh", {});
    await until("served", async () => (await sentTo(port, "/0")) === "302 /two");
  });
});

import { describe, expect, it } from "vitest";
import { partIs, startManaged, startManager, versionOf } from "../tools/managed-shop.ts";
import type { StandInManager } from "../tools/manager.ts";
import type { Shop } from "../tools/shop.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";
import { type Trouble, troubles } from "./manager-troubles.ts";

const tidy = new Tidy();

const rule = (target: string) => ({ type: "BASIC", source: "/a", target, status: "FOUND" });

/** An agent that serves version 1 of `/a`, when version 2 is published. */
async function published(flecto: object = {}): Promise<{ manager: StandInManager; shop: Shop }> {
  const manager = await startManager(tidy, { redirects: [rule("/one")] });
  const shop = await startManaged(tidy, manager, { timeout: "300ms", ...flecto }, { timeout: 10_000 });
  await manager.saw(({ method }) => method === "POST");
  Object.assign(manager.state, { version: "2\n", redirects: [rule("/two")] });
  return { manager, shop };
}

/** Lets a route of the Manager answer otherwise. */
function spoil(manager: StandInManager, route: string, answer: Trouble["answer"]): void {
  manager.state.intercept = ({ url = "" }, response) => {
    if (!url.includes(`/${route}`)) return false;
    answer(response);
    return true;
  };
}

async function heals(manager: StandInManager, shop: Shop): Promise<void> {
  delete manager.state.intercept;
  shop.agent.refresh();
  await until("healed", () => shop.agent.match("h", "/a")?.location === "/two");
  await partIs(shop, "origin", "up");
}

describe.each(troubles)("a Manager that answers with $what on $route", ({ route, answer, code, says }) => {
  it("costs nothing that is served; reason and remedy are told and logged; it heals by itself", async () => {
    const { manager, shop } = await published();
    spoil(manager, route, answer);
    shop.agent.refresh();
    const { problem } = await partIs(shop, "origin", "down");
    expect(problem).toMatchObject({
      code,
      message: expect.stringContaining(says),
      remedy: expect.stringMatching(/\w+/),
    });
    expect([shop.agent.match("h", "/a")?.location, versionOf(shop)]).toEqual(["/one", "1"]);
    expect(shop.agent.health().standing).toBe("degraded");
    const { message, remedy } = problem!;
    expect(shop.lines).toContainEqual(
      expect.objectContaining({ msg: "part is down", part: "origin", message, remedy }),
    );
    expect(JSON.stringify(shop.lines)).not.toContain("flecto_abc");
    await heals(manager, shop);
  });
});

describe("a Manager", () => {
  it("whose answer has no end is cut off at the limit", async () => {
    const { manager, shop } = await published({ timeout: "20s" });
    const piece = Buffer.alloc(2 ** 20, " ");
    spoil(manager, "redirects", (response) => {
      const pour = () => void (response.destroyed || response.write(piece, () => setImmediate(pour)));
      pour();
    });
    shop.agent.refresh();
    const { problem } = await partIs(shop, "origin", "down", "sent more than 268435456 bytes");
    expect(problem?.code).toBe("answer_too_large");
    expect(shop.agent.match("h", "/a")?.location).toBe("/one");
    await heals(manager, shop);
  });

  it("that hangs does not freeze us, as it does the peer, also where we send the peer's requests", async () => {
    const { manager, shop } = await published({ sync: "peer" });
    spoil(manager, "version", () => {});
    shop.agent.refresh();
    await partIs(shop, "origin", "down", "within 300 ms");
    expect(shop.agent.match("h", "/a")?.location).toBe("/one");
    await heals(manager, shop);
  });

  it("that hangs does not keep us from ending", async () => {
    const { manager, shop } = await published({ timeout: "20s" });
    spoil(manager, "version", () => {});
    manager.seen.length = 0;
    shop.agent.refresh();
    await manager.received(1);
    const began = performance.now();
    await shop.agent.close();
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

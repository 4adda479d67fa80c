import { describe, expect, it } from "vitest";
import { folder } from "../../tools/folder.ts";
import { partIs, settled, startManaged, startManager, versionOf } from "../../tools/managed-shop.ts";
import type { StandInManager } from "../../tools/manager.ts";
import type { Shop } from "../../tools/shop.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";

const tidy = new Tidy();
const rule = (source: string, target: string) => ({ type: "BASIC", source, target, status: "FOUND" });
const regex = (source: string) => ({ type: "REGEX", source, target: "/", status: "FOUND" });

/** Requests as `METHOD route?query`. */
function asked(seen: StandInManager["seen"]): string[] {
  return seen.map(({ method, path }) => `${method} ${path.replace(/^.*\/project\/prj\//, "")}`);
}

async function publish(shop: Shop, manager: StandInManager, version: number, redirects: object[]) {
  Object.assign(manager.state, { version: `${version}\n`, redirects });
  return settled(shop, manager);
}

describe("the Manager learns the same as from the peer", () => {
  /** What is in the Manager's list after a load, a heartbeat, a new version, and a failure. */
  async function effects(sync: "peer" | "healing") {
    const manager = await startManager(tidy, { version: "3\n" });
    const shop = await startManaged(tidy, manager, { sync });
    const steps: unknown[] = [];
    const note = async () => {
      await settled(shop, manager);
      await until("heartbeat", () => manager.agents.get("edge-1")!.hits > 0);
      const { status, type, version, error } = manager.agents.get("edge-1")!;
      steps.push({ status, type, version, error });
    };
    await manager.saw(({ method }) => method === "POST");
    await note();
    manager.state.version = "4\n";
    shop.agent.refresh();
    await until("reported", () => manager.agents.get("edge-1")?.version === 4);
    await note();
    return { steps, requests: manager.seen.length };
  }

  it("registered, version and last hit, with no more requests", async () => {
    const [healing, peer] = [await effects("healing"), await effects("peer")];
    expect(healing.steps).toEqual(peer.steps);
    expect(healing.requests).toBeLessThanOrEqual(peer.requests);
  });
});

describe("registration mends itself", () => {
  it("at once, when the Manager has forgotten us", async () => {
    const manager = await startManager(tidy);
    const shop = await startManaged(tidy, manager);
    await manager.saw(({ method }) => method === "POST");
    manager.agents.clear();
    manager.seen.length = 0;
    await settled(shop, manager);
    const seen = await settled(shop, manager);
    expect(asked(seen)).toEqual(["GET version", "PATCH agents/edge-1/hit", "POST agents"]);
    expect(manager.agents.get("edge-1")).toMatchObject({ status: "success", version: 1 });
    expect(shop.agent.health().standing).toBe("ready");
  });

  it("at the next look, when a report did not arrive; serving goes on, and the part `report` tells it", async () => {
    const manager = await startManager(tidy, { statuses: { agents: 500 }, redirects: [rule("/a", "/b")] });
    const shop = await startManaged(tidy, manager);
    await partIs(shop, "report", "down", "500");
    expect(shop.agent.health().standing).toBe("degraded");
    expect(shop.agent.match("h", "/a")?.location).toBe("/b");
    manager.state.statuses = {};
    await settled(shop, manager);
    await partIs(shop, "report", "up");
    expect(manager.agents.get("edge-1")).toMatchObject({ version: 1 });
  });

  it("after a restart with a snapshot, though nothing is new", async () => {
    const stateDir = await folder(tidy);
    const manager = await startManager(tidy, { version: "9\n" });
    await (await startManaged(tidy, manager, {}, { stateDir, timeout: 10_000 })).agent.close();
    manager.seen.length = 0;
    manager.agents.clear();
    await startManaged(tidy, manager, {}, { stateDir });
    await manager.saw(({ method }) => method === "POST");
    expect(asked(manager.seen)).toEqual(["GET version", "POST agents"]);
    expect(manager.agents.get("edge-1")).toMatchObject({ status: "success", version: 9 });
  });

  it("under a name that the Manager takes", async () => {
    const manager = await startManager(tidy);
    await startManaged(tidy, manager, { agent: "web 1.example.com" });
    await manager.saw(({ method }) => method === "POST");
    expect([...manager.agents.keys()]).toEqual(["web-1-example-com"]);
  });
});

describe("a rule that does not compile", () => {
  const bad = regex(`^/(?!admin)${"x".repeat(600)}`);

  it("is left out, told to the Manager with its source in 500 characters, and the others are served", async () => {
    const manager = await startManager(tidy, { redirects: [rule("/a", "/b"), bad, regex("^/c$")] });
    const shop = await startManaged(tidy, manager);
    const { body } = await manager.saw(({ method }) => method === "POST");
    const { status, error, version } = body as { status: string; error: string; version: number };
    expect({ status, version, length: error.length }).toEqual({ status: "error", version: 1, length: 500 });
    expect(error).toMatch(/^1 of 3 rules left out; \^\/\(\?!admin\)x+/);
    expect(shop.agent.match("h", "/a")?.location).toBe("/b");
    expect(shop.agent.match("h", "/c")).toBeDefined();
    expect(shop.lines).toContainEqual(expect.objectContaining({ level: "warn", bad_rules: 1 }));
  });

  it("is not fetched again, and the error stays in the Manager's list", async () => {
    const manager = await startManager(tidy, { redirects: [bad] });
    const shop = await startManaged(tidy, manager);
    await manager.saw(({ method }) => method === "POST");
    manager.seen.length = 0;
    for (let look = 0; look < 5; look++) await settled(shop, manager);
    expect(asked(manager.seen).filter((request) => /redirects|pages/.test(request))).toEqual([]);
    expect(manager.agents.get("edge-1")?.status).toBe("error");
  });

  it("is told again after a restart, when the snapshot is served", async () => {
    const stateDir = await folder(tidy);
    const manager = await startManager(tidy, { redirects: [bad, rule("/a", "/b")] });
    await (await startManaged(tidy, manager, {}, { stateDir, timeout: 10_000 })).agent.close();
    manager.agents.clear();
    manager.seen.length = 0;
    await startManaged(tidy, manager, {}, { stateDir });
    const { body } = await manager.saw(({ method }) => method === "POST");
    expect(body).toMatchObject({ status: "error", error: expect.stringContaining("1 of 2 rules left out") });
  });

  it("is forgotten when the next version has it mended", async () => {
    const manager = await startManager(tidy, { redirects: [bad] });
    const shop = await startManaged(tidy, manager);
    await until("reported", () => manager.agents.get("edge-1")?.status === "error");
    await publish(shop, manager, 2, [regex("^/ok$")]);
    await until("reported", () => manager.agents.get("edge-1")?.version === 2);
    expect(manager.agents.get("edge-1")).toMatchObject({ status: "success", error: "" });
  });
});

describe("a version that moves while it is read", () => {
  /** Publishes another version at each of the first requests for pages. */
  function moving(manager: StandInManager, times: number): void {
    let left = times;
    manager.state.intercept = ({ url = "" }) => {
      if (!url.includes("/pages") || left-- <= 0) return false;
      const version = Number(manager.state.version) + 1;
      const redirects = [rule("/a", `/v${version}`), rule("/b", `/v${version}`)];
      Object.assign(manager.state, { version: `${version}\n`, redirects });
      return false;
    };
  }

  it("is read again, and never mixed", async () => {
    const manager = await startManager(tidy, { redirects: [rule("/a", "/v1"), rule("/b", "/v1")] });
    moving(manager, 3);
    const shop = await startManaged(tidy, manager);
    await manager.saw(({ method }) => method === "POST");
    expect(versionOf(shop)).toBe("4");
    expect(["/a", "/b"].map((uri) => shop.agent.match("h", uri)?.location)).toEqual(["/v4", "/v4"]);
    expect(manager.agents.get("edge-1")).toMatchObject({ status: "success", version: 4 });
    expect(asked(manager.seen).filter((request) => request.includes("redirects"))).toHaveLength(4);
  });

  it("without end is given up after five times, told, and tried again later; what was served stays", async () => {
    const manager = await startManager(tidy, { redirects: [rule("/a", "/old")] });
    const shop = await startManaged(tidy, manager);
    await until("loaded", () => versionOf(shop) === "1");
    await settled(shop, manager);
    manager.seen.length = 0;
    moving(manager, Number.POSITIVE_INFINITY);
    manager.state.version = "2\n";
    shop.agent.refresh();
    const part = await partIs(shop, "origin", "down", "moved to version");
    expect(part.problem?.code).toBe("moved_while_reading");
    expect(part.retryAt).toBeGreaterThan(Date.now());
    expect(asked(manager.seen).filter((request) => request.includes("redirects")).length).toBe(5);
    expect(manager.agents.get("edge-1")?.status).toBe("error");
    expect(shop.agent.match("h", "/a")?.location).toBe("/old");
  });
});

describe("a wait after a failure", () => {
  it("ends at once when somebody asks for new rules, however long it would be", async () => {
    const manager = await startManager(tidy);
    manager.state.intercept = (_, response) => {
      response.writeHead(503, { "retry-after": "3600" }).end();
      return true;
    };
    const shop = await startManaged(tidy, manager);
    for (let tries = 1; tries <= 3; tries++) {
      const part = await partIs(shop, "origin", "down", "503");
      expect([manager.seen.length, part.retryAt! > Date.now() + 3e6]).toEqual([tries, true]);
      if (tries === 3) delete manager.state.intercept;
      shop.agent.refresh();
      await manager.received(tries + 1);
    }
    await until("loaded", () => versionOf(shop) === "1");
  });
});

describe("large projects", () => {
  it("700,000 rules take fewer than 60 requests", async () => {
    const rows = {
      length: 700_000,
      slice: (from: number, to: number) =>
        Array.from({ length: Math.min(to, 700_000) - from }, (_, i) =>
          rule(`/old/${from + i}`, `/new/${from + i}`),
        ),
    };
    const manager = await startManager(tidy, { redirects: rows });
    const shop = await startManaged(tidy, manager, {}, { timeout: 25_000 });
    await manager.saw(({ method }) => method === "POST");
    expect(manager.seen.length).toBeLessThan(60);
    for (const i of [0, 19_999, 20_000, 350_001, 699_999])
      expect(shop.agent.match("h", `/old/${i}`)?.location).toBe(`/new/${i}`);
    expect(shop.agent.match("h", "/old/700000")).toBeUndefined();
  });

  it("cursors are handed on as they are, up to an empty last page", async () => {
    const redirects = Array.from({ length: 6 }, (_, i) => rule(`/${i}`, "/x"));
    const manager = await startManager(tidy, { redirects });
    await startManaged(tidy, manager, { page_size: 3 }, { timeout: 10_000 });
    const cursor = (from: number) => Buffer.from(String(from)).toString("base64url");
    expect(asked(manager.seen).filter((request) => request.includes("redirects"))).toEqual([
      "GET redirects?limit=3&offset=0",
      `GET redirects?limit=3&cursor=${cursor(3)}`,
      `GET redirects?limit=3&cursor=${cursor(6)}`,
    ]);
  });

  it("pages, which are large, are asked for by a hundred", async () => {
    const pages = Array.from({ length: 150 }, (_, i) => ({
      type: "BASIC",
      path: `/${i}`,
      content: "x",
      contentType: "XML",
    }));
    const manager = await startManager(tidy, { pages });
    const shop = await startManaged(tidy, manager, {}, { timeout: 10_000 });
    expect(asked(manager.seen).filter((request) => request.includes("pages")).length).toBe(2);
    expect(shop.agent.page("h", "/149")?.contentType).toBe("application/xml");
  });
});

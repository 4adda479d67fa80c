import { request } from "node:http";
import { describe, expect, it } from "vitest";
import { flectoOf, startManager } from "../../tools/managed-shop.ts";
import type { StandInManager } from "../../tools/manager.ts";
import { type Shop, startShop } from "../../tools/shop.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";

const tidy = new Tidy();

/** A Manager whose every project sends `/` to `/NAME-OF-PROJECT`. */
async function startProjects(): Promise<StandInManager> {
  const manager = await startManager(tidy);
  manager.state.intercept = ({ url = "" }, response) => {
    const project = /project\/(\w+)\/redirects/.exec(url)?.[1];
    if (!project) return false;
    const row = { type: "BASIC", source: "/", target: `/${project}`, status: "FOUND" };
    response.end(JSON.stringify({ Items: [row], Total: 1 }));
    return true;
  };
  return manager;
}

type Entry = readonly [project: string, hosts: readonly string[], more?: object];

async function start(
  root: string | undefined,
  entries: readonly Entry[],
  more: object = {},
): Promise<Shop & { manager: StandInManager }> {
  const manager = await startProjects();
  const flecto = (project: string, given: object = {}) => flectoOf(manager, { project, ...given });
  const shop = await startShop(tidy, {
    ...(root !== undefined && { from: { flecto: flecto(root, more) } }),
    projects: entries.map(([project, hosts, given]) => ({
      hosts: [...hosts],
      from: { flecto: root === undefined ? flecto(project, given) : { project, ...given } },
    })),
  });
  return { ...shop, manager };
}

/** Where a request for `/` with this Host header is sent. */
function sent(port: number, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asking = request({ port, host: "127.0.0.1", headers: { host }, agent: false }, (response) => {
      response.resume();
      resolve(response.headers.location ?? String(response.statusCode));
    });
    asking.on("error", reject);
    asking.end();
  });
}

describe("the project is chosen by the Host header", () => {
  it("up to the first colon, in its own letter case; others have the root's", async () => {
    const { port } = await start("main", [
      ["docs", ["docs.example.com", "help.example.com"]],
      ["Shop", ["Shop.example.com"]],
      ["v6", ["[::1]", "["]],
    ]);
    const hosts = {
      "docs.example.com": "/docs",
      "docs.example.com:8443": "/docs",
      "help.example.com:": "/docs",
      "Docs.example.com": "/main",
      "docs.example.com.": "/main",
      "Shop.example.com": "/Shop",
      "shop.example.com": "/main",
      "other.example.com": "/main",
      "": "/main",
      // Cut at the first colon, an IPv6 address is a bracket; as in the peer.
      "[::1]:80": "/v6",
    };
    for (const [host, target] of Object.entries(hosts))
      expect([host, await sent(port, host)]).toEqual([host, target]);
  });

  it("without a root, requests for other hosts are nobody's", async () => {
    const { port, agent } = await start(undefined, [["docs", ["docs.example.com"]]]);
    expect(await sent(port, "docs.example.com")).toBe("/docs");
    expect(await sent(port, "other.example.com")).toBe("404");
    expect(agent.match("other.example.com", "/")).toBeUndefined();
  });

  it("of a host that is given twice the last one wins", async () => {
    const { port } = await start("main", [
      ["one", ["a", "b"]],
      ["two", ["a"]],
    ]);
    expect([await sent(port, "a"), await sent(port, "b")]).toEqual(["/two", "/one"]);
  });

  it("in its normal form, if hosts are compared so", async () => {
    const manager = await startProjects();
    const { port } = await startShop(tidy, {
      host: "normalised",
      from: { flecto: flectoOf(manager, { project: "main" }) },
      projects: [{ hosts: ["Docs.example.com"], from: { flecto: { project: "docs" } } }],
    });
    for (const host of ["docs.example.com", "DOCS.EXAMPLE.COM.", "docs.example.com:80"])
      expect(await sent(port, host)).toBe("/docs");
  });
});

describe("projects at the Manager", () => {
  it("are polled once each, however many hosts they have; each has its registration", async () => {
    const { manager } = await start("main", [
      ["docs", ["a"]],
      ["docs", ["b"]],
      ["main", ["c"]],
    ]);
    await until(
      "two registrations",
      () => manager.seen.filter(({ method }) => method === "POST").length === 2,
    );
    const lists = manager.seen
      .filter(({ path }) => path.includes("/redirects"))
      .map(({ path }) => path.split("/")[5]);
    expect(lists.sort()).toEqual(["docs", "main"]);
  });

  it("are asked with their own token and header, or with the root's", async () => {
    const own = { token: "flecto_own", header: "X-Own" };
    const { manager } = await start(
      "main",
      [
        ["docs", ["a"]],
        ["shop", ["b"], own],
      ],
      { header: "X-Root" },
    );
    const headers = (project: string) =>
      manager.seen.find(({ path }) => path.includes(`/${project}/`))?.headers;
    expect(headers("docs")).toMatchObject({ "x-root": "Bearer flecto_abc" });
    expect(headers("shop")).toMatchObject({ "x-own": "Bearer flecto_own" });
    expect(headers("shop")).not.toHaveProperty("x-root");
  });

  it("know us under one name, and hear from us at each one's own pace", async () => {
    const { manager } = await start("main", [["docs", ["a"], { every: "100ms" }]], {
      agent: "edge-7",
      every: "1h",
    });
    const heartbeats = () => manager.seen.filter(({ method }) => method === "PATCH").map(({ path }) => path);
    await until("heartbeats", () => heartbeats().length >= 3);
    expect(new Set(heartbeats())).toEqual(new Set(["/api/namespace/ns/project/docs/agents/edge-7/hit"]));
  });

  it("that cannot be reached take nothing from the others", async () => {
    const manager = await startProjects();
    const broken = flectoOf(manager, { url: "http://127.0.0.1:1", project: "broken" });
    const shop = await startShop(
      tidy,
      {
        from: { flecto: flectoOf(manager, { project: "main" }) },
        projects: [{ hosts: ["broken.example"], from: { flecto: broken } }],
      },
      { timeout: 0 },
    );
    await until("serving", () => shop.lines.some(({ msg }) => msg === "serving redirects"));
    expect(shop.agent.match("h", "/")?.location).toBe("/main");
    expect(shop.agent.match("broken.example", "/")).toBeUndefined();
    const down = shop.agent
      .health()
      .parts.filter(({ state }) => state === "down")
      .map(({ name }) => name);
    expect(down).toEqual(["origin:broken.example"]);
  });
});

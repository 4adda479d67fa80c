import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import type { FleetShown } from "../src/runtime/fleet/fleet.ts";
import type { Entry } from "../src/runtime/fleet/record.ts";
import { makeCertificates } from "./tools/certificates.ts";
import { folder } from "./tools/folder.ts";
import { startManager } from "./tools/managed-shop.ts";
import { type OutriderProcess, runOutrider, startOutrider } from "./tools/outrider.ts";
import { freePort, serveHttp } from "./tools/ports.ts";
import { Tidy } from "./tools/tidy.ts";
import { until } from "./tools/until.ts";

const tidy = new Tidy();

// Each test starts several processes; on a small machine that takes a while.
vi.setConfig({ testTimeout: 90_000 });
const PATIENT = { within: 30_000 };

interface Place {
  readonly config: object;
  readonly stateDir: string;
  readonly admin: string;
}

/** Where one that listens will live, so that it can be started again there. */
async function headPlace(fleet: object = {}, admin: object = {}): Promise<Place> {
  const address = `127.0.0.1:${await freePort()}`;
  return {
    admin: `http://${address}`,
    stateDir: await folder(tidy),
    config: {
      admin: { listen: address, ...admin },
      fleet: { listen: true, name: "head", every: "200ms", offline_after: "2s", ...fleet },
    },
  };
}

/** A process with one haproxy agent that reports. */
async function edge(name: string, report_to: string, fleet: object = {}) {
  const home = await folder(tidy);
  const file = join(home, "state.json");
  writeFileSync(file, '{"status":"UP"}');
  const process = await startOutrider(tidy, {
    config: {
      admin: { listen: "127.0.0.1:0" },
      grace: "5s",
      fleet: { report_to, name, every: "200ms", ...fleet },
      agents: { web: { kind: "haproxy", listen: "127.0.0.1:0", from: { file } } },
    },
  });
  await process.says("every required agent is ready", PATIENT);
  return process;
}

async function start({ config, stateDir }: Place): Promise<OutriderProcess> {
  const head = await startOutrider(tidy, { config, stateDir });
  await head.says("outrider is running", PATIENT);
  return head;
}
const shown = async (head: OutriderProcess) => head.api<FleetShown>("/api/fleet");
const history = async (head: OutriderProcess, name: string) =>
  (await head.api<{ entries: Entry[] }>(`/api/fleet/${name}/history`)).entries;
const events = async (head: OutriderProcess, name: string) =>
  (await history(head, name)).map(({ event }) => event);

/** Waits until a process is shown so. */
function becomes(head: OutriderProcess, name: string, expected: object) {
  return until(
    `${name} is ${JSON.stringify(expected)}`,
    async () => {
      const node = (await shown(head)).nodes.find((each) => each.name === name);
      const isSo = Object.entries(expected).every(
        ([key, value]) => (node as Record<string, unknown> | undefined)?.[key] === value,
      );
      return isSo && node;
    },
    PATIENT,
  );
}

describe("processes that report to one of them", () => {
  it("are seen there with version, kinds, agents and last sync, also the one that listens", async () => {
    const place = await headPlace();
    const head = await start(place);
    const one = await edge("edge-1", place.admin);
    await edge("edge-2", place.admin);
    const node = await becomes(head, "edge-1", { online: true, standing: "ready" });
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8"));
    expect(node).toMatchObject({
      version,
      kinds: ["haproxy"],
      pid: one.pid,
      address: "127.0.0.1",
      agents_total: 1,
    });
    expect(node.agents).toMatchObject([{ name: "web", kind: "haproxy", standing: "ready" }]);
    expect(Math.abs(Date.now() - node.last_seen)).toBeLessThan(5_000);
    await becomes(head, "edge-2", { online: true });
    const { nodes, listening, offline_after } = await shown(head);
    expect([nodes.map(({ name }) => name), listening, offline_after]).toEqual([
      ["edge-1", "edge-2", "head"],
      true,
      2_000,
    ]);
    expect((await one.api<FleetShown>("/api/fleet")).reporting).toMatchObject({
      to: place.admin,
      name: "edge-1",
      state: "up",
    });
  });

  it("are offline some time after a kill -9, and at once after a stop; others are not touched", async () => {
    const place = await headPlace();
    const head = await start(place);
    const killed = await edge("killed", place.admin);
    const stopped = await edge("stopped", place.admin);
    await edge("alive", place.admin);
    for (const name of ["killed", "stopped", "alive"]) await becomes(head, name, { online: true });
    killed.signal("SIGKILL");
    await killed.ended;
    const gone = Date.now();
    await stopped.stop();
    expect((await becomes(head, "stopped", { online: false })).standing).toBe("stopped");
    const lost = await becomes(head, "killed", { online: false });
    expect(lost.last_seen).toBeLessThanOrEqual(gone);
    expect((await history(head, "killed")).at(-1)).toMatchObject({
      event: "offline",
      reason: "silent",
      last_seen: lost.last_seen,
    });
    expect((await history(head, "stopped")).at(-1)).toMatchObject({ event: "offline", reason: "stopped" });
    await becomes(head, "alive", { online: true });
    const metrics = await until("two are online", async () => {
      const text = await (await fetch(`${place.admin}/metrics`)).text();
      return text.includes('outrider_fleet_nodes{state="online"} 2') && text;
    });
    expect(metrics).toContain('outrider_fleet_nodes{state="offline"} 2');
    expect(metrics).toContain('outrider_fleet_node_online{node="killed"} 0');
  });

  it("tell a change at once, long before their next report", async () => {
    const place = await headPlace({ offline_after: "1h" });
    const head = await start(place);
    const one = await edge("edge", place.admin, { every: "1h" });
    await becomes(head, "edge", { standing: "ready" });
    await one.api("/api/agents/web/stop", {});
    const node = await becomes(head, "edge", { standing: "stopping" });
    expect(node.agents).toMatchObject([{ name: "web", standing: "stopped" }]);
    await one.api("/api/agents/web/start", {});
    await becomes(head, "edge", { standing: "ready" });
    expect((await history(head, "edge")).at(-1)).toMatchObject({
      event: "standing",
      standing: "ready",
      agents: { web: "ready" },
    });
  });

  it("keep their history when the one that listens is killed (-9) and started again, and report on by themselves", async () => {
    const place = await headPlace();
    let head = await start(place);
    const gone = await edge("gone", place.admin);
    const stays = await edge("stays", place.admin);
    await becomes(head, "stays", { standing: "ready" });
    await becomes(head, "gone", { standing: "ready" });
    gone.signal("SIGKILL");
    await becomes(head, "gone", { online: false });
    const before = await history(head, "gone");
    head.signal("SIGKILL");
    await head.ended;
    await stays.line(({ msg }) => msg === "reports do not reach the fleet");
    const reporting = (await stays.api<FleetShown>("/api/fleet")).reporting;
    expect(reporting).toMatchObject({ state: "down", problem: { code: "connect_failed" } });
    head = await start(place);
    expect(await history(head, "gone")).toEqual(before);
    expect((await becomes(head, "gone", {})).online).toBe(false);
    await stays.says("reports reach the fleet again", { within: 20_000 });
    await becomes(head, "stays", { online: true, standing: "ready" });
    expect((await events(head, "head")).filter((event) => event === "online")).toHaveLength(2);
  });

  it("with one name for two: both are told, and the shown one does not change", async () => {
    const place = await headPlace();
    const head = await start(place);
    const first = await edge("twin", place.admin);
    await becomes(head, "twin", { pid: first.pid, standing: "ready" });
    const second = await edge("twin", place.admin);
    const said = ({ msg }: { msg: string }) =>
      msg.startsWith("another process reports to the fleet under the same name");
    const [one, two] = [await first.line(said), await second.line(said)];
    expect([one.msg, two.msg].map((msg) => msg.split(", ")[1])).toEqual([
      "the other one is shown",
      "this process is shown",
    ]);
    expect(one["conflict"]).toContain(`process ${second.pid} of`);
    const seen = new Set<number>();
    const reports = (await becomes(head, "twin", {})).last_seen;
    await until("some more reports", async () => {
      const node = await becomes(head, "twin", {});
      seen.add(node.pid);
      return node.last_seen > reports + 1_000;
    });
    expect([...seen]).toEqual([second.pid]);
    expect(await events(head, "twin")).toContain("conflict");
    const table = await runOutrider(tidy, { args: ["fleet", "--admin", place.admin] });
    expect(table.stdout).toContain(`twin: process ${first.pid} of`);
    await first.stop();
    await second.says("this process's name in the fleet is its own again");
  });
});

describe("a redirects agent in a fleet", () => {
  it("reports to its Flecto Manager as before, and its process to the fleet when that was", async () => {
    const manager = await startManager(tidy, {});
    const place = await headPlace();
    const head = await start(place);
    const flecto = {
      url: manager.url,
      namespace: "ns",
      project: "prj",
      token: "flecto_x",
      agent: "edge-1",
      every: "200ms",
    };
    await startOutrider(tidy, {
      config: {
        admin: false,
        fleet: { report_to: place.admin, name: "edge", every: "200ms" },
        agents: { shop: { kind: "redirects", listen: "127.0.0.1:0", from: { flecto } } },
      },
    });
    const { body } = await manager.saw(({ method }) => method === "POST");
    expect(body).toMatchObject({ name: "edge-1", status: "success" });
    const { last_sync } = await becomes(head, "edge", { online: true, standing: "ready" });
    await until("a newer sync is shown", async () => {
      const node = await becomes(head, "edge", {});
      return node.last_sync !== undefined && node.last_sync > (last_sync ?? 0);
    });
  });
});

describe("a process whose fleet is away", () => {
  it("serves, reloads and stops as if nothing were, and tries again with growing pauses", async () => {
    const nobody = `http://127.0.0.1:${await freePort()}`;
    const one = await edge("edge", nobody);
    await one.says("every required agent is ready");
    const down = await one.says("reports do not reach the fleet");
    expect(down).toMatchObject({ level: "warn", to: nobody, code: "connect_failed" });
    expect((await one.api<{ ready: boolean }>("/readyz")).ready).toBe(true);
    const { admin } = await one.says("outrider is running");
    expect(await (await fetch(`http://${admin}/metrics`)).text()).toContain("outrider_fleet_link_up 0");
    const table = await runOutrider(tidy, { args: ["fleet", "--admin", `http://${admin}`] });
    expect(table).toMatchObject({ status: 1 });
    expect(table.stdout).toContain(`this process reports to ${nobody} as edge: down`);
    const before = performance.now();
    expect(await one.stop()).toMatchObject({ status: 0 });
    expect(performance.now() - before).toBeLessThan(4_000);
  });

  it("is not held up by one that takes the report and never answers", async () => {
    let asked = 0;
    const silent = await serveHttp(tidy, () => void asked++);
    const one = await edge("edge", silent);
    await until("it has reported", () => asked > 0);
    await one.says("every required agent is ready");
    const before = performance.now();
    expect(await one.stop()).toMatchObject({ status: 0 });
    expect(performance.now() - before).toBeLessThan(4_000);
    expect(asked).toBe(1);
  });

  it("says what is wrong where nobody listens, or the token does not fit", async () => {
    const plain = await edge("plain", "http://127.0.0.1:1", { every: "1h" });
    const { admin } = await plain.says("outrider is running");
    const lost = await edge("lost", `http://${admin}`);
    const refused = await lost.line(
      ({ msg, code }) => msg === "reports do not reach the fleet" && code === "request_refused",
    );
    expect([refused.level, refused["message"], refused["remedy"]]).toEqual([
      "error",
      expect.stringContaining("answered 409: this process takes no reports of others"),
      expect.stringContaining("fleet: { listen: true }"),
    ]);
    const place = await headPlace({ token: "right" });
    await start(place);
    const stranger = await edge("stranger", place.admin, { token: "wrong" });
    await stranger.line(
      ({ msg, code }) => msg === "reports do not reach the fleet" && code === "credentials_refused",
    );
  });
});

describe("a token of the fleet", () => {
  it("lets reports in, opens nothing else, and is shown nowhere", async () => {
    const place = await headPlace({ token: "canary-fleet" }, { token: "canary-admin" });
    const head = await start(place);
    const one = await edge("edge", place.admin, { token: "canary-fleet" });
    await one.says("reporting to the fleet");
    const as = (token: string, path = "/api/fleet") =>
      fetch(`${place.admin}${path}`, { headers: { authorization: `Bearer ${token}` } });
    expect((await as("canary-fleet")).status).toBe(401);
    expect((await as("canary-fleet", "/api/agents")).status).toBe(401);
    const answers = await Promise.all([as("canary-admin"), as("canary-admin", "/metrics")]);
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    expect(texts[0]).toContain('"name":"edge"');
    const own = await one.api<FleetShown>("/api/fleet");
    await one.stop();
    await head.stop();
    const files = readFileSync(join(place.stateDir, "fleet", "0000000001.log"), "latin1");
    for (const text of [...texts, JSON.stringify(own), head.printed, one.printed, files])
      expect(text).not.toContain("canary");
  });

  it("opens a door of the fleet's own, which takes reports and nothing else", async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const place = await headPlace({ listen: address, token: "t" });
    const head = await start(place);
    await head.says("taking reports of the fleet");
    await edge("edge", `http://${address}`, { token: "t" });
    await becomes(head, "edge", { online: true });
    const headers = { authorization: "Bearer t" };
    const ask = async (path: string, method = "GET") =>
      (await fetch(`http://${address}${path}`, { method, headers })).status;
    expect([
      await ask("/api/fleet"),
      await ask("/api/agents"),
      await ask("/metrics"),
      await ask("/api/reload", "POST"),
    ]).toEqual([404, 404, 404, 404]);
    expect((await fetch(`http://${address}/api/fleet/report`, { method: "POST", body: "{}" })).status).toBe(
      401,
    );
    expect(await ask("/api/fleet/report", "POST")).toBe(400);
  });
});

describe("reports over TLS", () => {
  it("trust the authorities that are named, and no others", async () => {
    const certificates = await makeCertificates(tidy);
    const bodies: string[] = [];
    const { cert, key } = certificates.server;
    const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      request.on("end", () => {
        bodies.push(body);
        response.end('{"taken":true}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    tidy.later(() => {
      server.closeAllConnections();
      server.close();
    });
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const stranger = await edge("stranger", url);
    await stranger.says("reports do not reach the fleet");
    expect(bodies).toEqual([]);
    const friend = await edge("friend", url, { ca: [certificates.ca] });
    await friend.says("reporting to the fleet");
    expect(JSON.parse(bodies[0]!)).toMatchObject({ name: "friend", agents: [{ name: "web" }] });
  });
});

describe("the part in a fleet", () => {
  it("is taken up and given up by a reload, without touching an agent", async () => {
    const place = await headPlace();
    const head = await start(place);
    const home = await folder(tidy);
    const file = join(home, "outrider.json");
    writeFileSync(join(home, "state.json"), '{"status":"UP"}');
    const config = {
      admin: { listen: "127.0.0.1:0" },
      agents: { web: { kind: "haproxy", listen: "127.0.0.1:0", from: { file: join(home, "state.json") } } },
    };
    writeFileSync(file, JSON.stringify(config));
    const one = await startOutrider(tidy, { args: ["run", file] });
    await one.says("every required agent is ready");
    writeFileSync(
      file,
      JSON.stringify({ ...config, fleet: { report_to: place.admin, name: "late", every: "200ms" } }),
    );
    expect(await one.api("/api/reload", {})).toMatchObject({ kept: ["web"], needsRestart: [] });
    await becomes(head, "late", { online: true, standing: "ready" });
    writeFileSync(file, JSON.stringify(config));
    await one.api("/api/reload", {});
    await becomes(head, "late", { online: false });
    expect((await one.api<FleetShown>("/api/fleet")).reporting).toBeUndefined();
  });
});

describe("`outrider fleet`", () => {
  it("prints a table, what happened to one, and forgets", async () => {
    const place = await headPlace();
    const head = await start(place);
    const one = await edge("edge", place.admin);
    await becomes(head, "edge", { standing: "ready" });
    const fleet = (...args: string[]) =>
      runOutrider(tidy, { args: ["fleet", ...args, "--admin", place.admin] });
    const table = await fleet();
    expect(table.status).toBe(0);
    expect(table.stdout).toMatch(
      /^NAME {2,}VERSION {2,}STATE {2,}LAST SEEN .*\nedge +\S+ +ready +\d+ s ago /,
    );
    await one.stop();
    await becomes(head, "edge", { online: false });
    const [all, history, nameless] = await Promise.all([fleet(), fleet("edge"), fleet("--forget")]);
    expect([all.status, nameless.status]).toEqual([1, 64]);
    expect(history.stdout).toMatch(/online .*\n[\s\S]*offline +reason=stopped/);
    expect((await fleet("edge", "--forget")).stdout.trim()).toBe("edge is forgotten");
    const unknown = { status: 1, stderr: expect.stringContaining('no process has reported as "edge"') };
    expect(await fleet("edge")).toMatchObject(unknown);
    expect((await shown(head)).nodes.map(({ name }) => name)).toEqual(["head"]);
  });
});

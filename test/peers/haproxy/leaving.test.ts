import { createConnection, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { folder } from "../../tools/folder.ts";
import { type Haproxy, startHaproxy } from "../../tools/haproxy.ts";
import { describeWith } from "../../tools/needs.ts";
import { type OutriderProcess, startOutrider } from "../../tools/outrider.ts";
import { freePort, serve } from "../../tools/ports.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";

const tidy = new Tidy();
const listen = "127.0.0.1:0";
const DRAIN = "up drain 100% #stopping\n";

async function started(drain: object, address = listen, stateDir?: string): Promise<OutriderProcess> {
  const web = { kind: "haproxy", listen: address, drain: { min: "0s", max: "15s", ...drain } };
  const config = { admin: { listen }, agents: { web } };
  return startOutrider(tidy, { config, ...(stateDir !== undefined && { stateDir }) });
}

/** Asks once, as if from another machine. */
function poll(port: number, localAddress = "127.0.0.1"): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    createConnection({ port, host: "127.0.0.1", localAddress })
      .on("data", (chunk: Buffer) => {
        text += chunk.toString();
      })
      .on("error", reject)
      .on("close", () => resolve(text));
  });
}

/** Asks until the answer is this one. */
const hears = (port: number, line: string) => until(line, async () => (await poll(port)) === line);

async function pollsOf(outrider: OutriderProcess): Promise<number> {
  const { inspect } = await outrider.api<{ inspect: { pollers: { polls: number }[] } }>("/api/agents/web");
  return inspect.pollers.reduce((sum, { polls }) => sum + polls, 0);
}

/** Goes on answering, for several times as long as it takes to look whether it may leave. */
async function stays(port: number): Promise<void> {
  const began = performance.now();
  while (performance.now() - began < 300) expect(await poll(port)).toBe(DRAIN);
}

describe("leaving with `drain`", () => {
  test("says so first, at least for `min`, also when nobody asks", async () => {
    const outrider = await started({ min: "700ms" });
    await outrider.port();
    const began = performance.now();
    expect(await outrider.stop()).toMatchObject({ status: 0 });
    expect(performance.now() - began).toBeGreaterThan(690);
    expect(outrider.lines.some((line) => line["status"] === "DRAIN")).toBe(true);
    expect(outrider.lines.at(-2)).toMatchObject({ msg: "drained, leaving", unaware_pollers: 0 });
  });

  test("leaves only after every poller has heard it", async () => {
    const outrider = await started({});
    const port = await outrider.port();
    expect([await poll(port), await poll(port, "127.0.0.2")]).toEqual(["up 100%\n", "up 100%\n"]);
    outrider.signal("SIGTERM");
    await hears(port, DRAIN);
    // This one knows; the other does not.
    await stays(port);
    expect(await poll(port, "127.0.0.2")).toBe(DRAIN);
    expect(await outrider.ended).toMatchObject({ status: 0 });
    expect(outrider.lines.find(({ msg }) => msg === "drained, leaving")).toMatchObject({
      unaware_pollers: 0,
    });
  });

  test("leaves after `max` all the same, and says how many have not heard it", async () => {
    const outrider = await started({ max: "900ms" });
    const port = await outrider.port();
    await poll(port, "127.0.0.2");
    outrider.signal("SIGTERM");
    expect(await outrider.ended).toMatchObject({ status: 0 });
    const left = outrider.lines.find(({ msg }) => msg === "drained, leaving");
    expect(left).toMatchObject({ unaware_pollers: 1 });
    expect(left?.["after_ms"]).toBeGreaterThanOrEqual(900);
  });

  test("waits for the connections of a local port", async () => {
    const app = await serve(tidy, (socket) => socket.pipe(socket));
    const outrider = await started({ port: app });
    const port = await outrider.port();
    const session = await connected(app);
    outrider.signal("SIGTERM");
    await hears(port, DRAIN);
    await stays(port);
    session.end();
    expect(await outrider.ended).toMatchObject({ status: 0 });
  });

  test("a second TERM ends it at once", async () => {
    const outrider = await started({ min: "15s" });
    await outrider.port();
    outrider.signal("SIGTERM");
    await outrider.says("draining before leaving");
    outrider.signal("SIGTERM");
    expect(await outrider.ended).toMatchObject({ status: 143 });
  });

  test("a reload or restart of the agent drains nothing", async () => {
    const outrider = await started({ min: "15s" });
    const port = await outrider.port();
    const began = performance.now();
    await outrider.api("/api/agents/web/restart", {});
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(await poll(port)).toMatch(/^up 100%/);
    outrider.signal("SIGKILL");
  });
});

describeWith("haproxy")("leaving, as HAProxy and its clients see it", () => {
  test("no new session after the first poll; an open one goes on; back in service after the restart", async () => {
    let sessions = 0;
    const app = await serve(tidy, (socket) => {
      sessions++;
      socket.pipe(socket);
    });
    const agent = await freePort();
    const stateDir = await folder(tidy);
    const outrider = await started({}, `127.0.0.1:${agent}`, stateDir);
    await outrider.port();
    const front = await freePort();
    const haproxy = await startHaproxy(tidy, sections(front, app, agent));
    const session = await until("a session", () => echoing(front));
    await until("it was polled", async () => (await pollsOf(outrider)) > 1);

    outrider.signal("SIGTERM");
    await until("HAProxy drains", async () => (await admin(haproxy)) === "FDRAIN");
    const before = sessions;
    for (let attempt = 0; attempt < 10; attempt++) expect(await refused(front)).toBe(true);
    expect(sessions).toBe(before);
    expect(await echo(session, "still here")).toBe("still here");
    expect(await outrider.ended).toMatchObject({ status: 0 });
    expect(outrider.lines.find(({ msg }) => msg === "drained, leaving")).toMatchObject({
      unaware_pollers: 0,
    });
    expect(await echo(session, "and after it has left")).toBe("and after it has left");
    expect(await admin(haproxy)).toBe("FDRAIN");

    await started({}, `127.0.0.1:${agent}`, stateDir);
    await until("HAProxy sends sessions again", async () => (await admin(haproxy)) === "none");
    await until("a new session", () => echoing(front));
  });
});

function sections(front: number, app: number, agent: number): string {
  return `frontend fe
    bind 127.0.0.1:${front}
    default_backend be
  backend be
    server s1 127.0.0.1:${app} weight 100 agent-check agent-addr 127.0.0.1 agent-port ${agent} agent-inter 200ms`;
}

const admin = async (haproxy: Haproxy) => (await haproxy.server("be/s1")).admin;

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ port, host: "127.0.0.1" }, () => resolve(socket));
    socket.on("error", reject);
    tidy.later(() => void socket.destroy());
  });
}

/** A connection that was served: what is sent comes back. */
async function echoing(port: number): Promise<Socket> {
  const socket = await connected(port);
  if ((await echo(socket, "hello")) !== "hello") throw new Error("refused");
  return socket;
}

/** Sends a text; what comes back, which is nothing if the other side closes. */
function echo(socket: Socket, text: string): Promise<string> {
  return new Promise((resolve) => {
    const done = (answer: string) => {
      socket.off("data", heard).off("close", closed);
      resolve(answer);
    };
    const heard = (chunk: Buffer) => done(chunk.toString());
    const closed = () => done("");
    socket.on("data", heard).on("close", closed);
    socket.write(text);
  });
}

async function refused(port: number): Promise<boolean> {
  return (await echo(await connected(port), "hello")) === "";
}

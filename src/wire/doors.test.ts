import { once } from "node:events";
import { existsSync } from "node:fs";
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { createConnection, createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folder } from "../../test/tools/folder.ts";
import { freePort } from "../../test/tools/ports.ts";
import { Tidy } from "../../test/tools/tidy.ts";
import { until } from "../../test/tools/until.ts";
import type { HttpTenant, Tenancy, Tenant } from "../core/doors.ts";
import { settlesWithin } from "../core/life.ts";
import type { Log } from "../core/log.ts";
import { House, type HouseOptions } from "./doors.ts";

const tidy = new Tidy();

const { signal: never } = new AbortController();
const now = AbortSignal.abort();

function house(options: HouseOptions = {}) {
  const made = new House(options);
  tidy.later(() => made.close(now));
  return made;
}

/** Answers every request with its text; with a fast lane if it shall. */
function says(
  text: string,
  { hosts, quick = false }: { hosts?: string[]; quick?: boolean } = {},
): HttpTenant {
  const answer = `HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n${text}`;
  return {
    ...(hosts && { hosts }),
    request: (_, response) => void response.end(text),
    ...(quick && { quick: () => answer }),
  };
}

interface Answer {
  readonly status: number | undefined;
  readonly text: string;
}

async function bodyOf(response: IncomingMessage): Promise<Answer> {
  let text = "";
  for await (const chunk of response.setEncoding("latin1")) text += chunk;
  return { status: response.statusCode, text };
}

async function get(
  address: string,
  { host, agent }: { host?: string; agent?: HttpAgent } = {},
): Promise<Answer> {
  const url = new URL(`http://${address}/`);
  const sent = httpRequest({
    host: url.hostname,
    port: url.port,
    ...(host && { headers: { host } }),
    agent: agent ?? false,
  });
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  return bodyOf(response);
}

/** A bare connection that remembers what it received. */
async function connect(address: string) {
  const { port } = new URL(`http://${address}/`);
  const socket = createConnection(Number(port), "127.0.0.1").on("error", () => {});
  tidy.later(() => void socket.destroy());
  let received = "";
  socket.setEncoding("latin1").on("data", (chunk) => (received += chunk));
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  await once(socket, "connect");
  return { socket, closed, received: () => received };
}

/** A tenant that answers HTTP or whole connections when the test says so. */
function held(kind: "request" | "socket", text: string) {
  let waiting: { end(text: string): unknown } | undefined;
  const take = (whom: { end(text: string): unknown }) => {
    waiting = whom;
  };
  const tenant: Tenant = kind === "request" ? { request: (_, response) => take(response) } : { socket: take };
  return {
    tenant,
    taken: () => until("something was taken", () => waiting),
    answer: () => waiting?.end(text),
  };
}

const open = (where: House, tenant: Tenant, address = "127.0.0.1:0", owner = "web"): Promise<Tenancy> =>
  where.for(owner).open(address, tenant);

describe("a door", () => {
  it("serves who lives behind it, at the address it got", async () => {
    const { address } = await open(house(), says("hello"));
    expect(address).toMatch(/^127\.0\.0\.1:[1-9]\d*$/);
    expect(await get(address)).toEqual({ status: 200, text: "hello" });
  });

  it("gives each owner a door of its own for port 0, and one owner the same again", async () => {
    const where = house();
    const one = await open(where, says("one"), "127.0.0.1:0", "one");
    const two = await open(where, says("two"), "127.0.0.1:0", "two");
    expect([(await get(one.address)).text, (await get(two.address)).text]).toEqual(["one", "two"]);
    await one.leave(never);
    const again = await open(where, says("again"), "127.0.0.1:0", "one");
    expect(again.address).toBe(one.address);
  });

  it("stays open while tenants change 20 times under 20 busy clients, and no request fails", async () => {
    const where = house();
    let tenancy = await open(where, says("0"));
    const { address } = tenancy;
    const agent = new HttpAgent({ keepAlive: true, maxSockets: 20 });
    tidy.later(() => agent.destroy());
    const seen = new Map<string, number>();
    let moving = true;
    const client = async () => {
      while (moving) {
        const { status, text } = await get(address, { agent });
        expect(status).toBe(200);
        seen.set(text, (seen.get(text) ?? 0) + 1);
      }
    };
    const clients = Array.from({ length: 20 }, client);
    for (let version = 1; version <= 20; version++) {
      await until("a client has seen this tenant", () => seen.has(String(version - 1)));
      await tenancy.leave(never);
      // Somebody knocks while nobody is at home.
      await new Promise((resolve) => setTimeout(resolve, 5));
      tenancy = await open(where, says(String(version), { quick: version % 2 === 0 }));
    }
    await until("a client has seen the last tenant", () => seen.has("20"));
    moving = false;
    await Promise.all(clients);
    expect([...seen.keys()].toSorted((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 21 }, (_, version) => String(version)),
    );
  });

  it("is closed by a sweep if nobody lives there and nobody will, and only then", async () => {
    const where = house();
    const kept = await open(where, says("kept"));
    const left = await open(where, says("left"), "127.0.0.1:0", "left");
    const claimed = await open(where, says("claimed"), "127.0.0.1:0", "claimed");
    await Promise.all([left.leave(never), claimed.leave(never)]);
    await where.sweep([{ owner: "claimed", address: "127.0.0.1:0" }], never);
    expect((await get(kept.address)).text).toBe("kept");
    await expect(get(left.address)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    const back = await open(where, says("back"), "127.0.0.1:0", "claimed");
    expect(back.address).toBe(claimed.address);
  });

  it("that is empty gives way to one that overlaps with it", async () => {
    const where = house();
    const port = await freePort();
    const every = await open(where, says("every"), `:${port}`);
    await every.leave(never);
    await open(where, says("one"), `127.0.0.1:${port}`);
    expect((await get(`127.0.0.1:${port}`)).text).toBe("one");
  });
});

describe("an address that is taken", () => {
  const taken = { name: "LinkProblem", code: "door_taken" };

  it("by another process is a problem, and can be opened when it is free", async () => {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = `127.0.0.1:${(server.address() as { port: number }).port}`;
    const where = house();
    await expect(open(where, says("x"), address)).rejects.toMatchObject({
      ...taken,
      message: expect.stringContaining(`cannot listen on ${address}`),
    });
    server.close();
    await once(server, "close");
    await open(where, says("x"), address);
    expect((await get(address)).text).toBe("x");
  });

  it("by another agent is a problem, unless both answer HTTP for other hosts", async () => {
    const where = house();
    const address = `127.0.0.1:${await freePort()}`;
    const alone: Tenant = { socket: (socket) => void socket.end() };
    await open(where, says("a", { hosts: ["a.example", "b.example"] }), address, "a");
    await open(where, says("rest"), address, "rest");
    await open(where, says("c", { hosts: ["c.example"] }), address, "c");
    for (const tenant of [says("x", { hosts: ["b.example"] }), says("x"), alone]) {
      await expect(open(where, tenant, address, "x")).rejects.toMatchObject(taken);
    }
    const texts = ["a.example", "B.EXAMPLE:80", "c.example", "other.example"].map(async (host) => {
      return (await get(address, { host })).text;
    });
    expect(await Promise.all(texts)).toEqual(["a", "a", "c", "rest"]);
    const other = `127.0.0.1:${await freePort()}`;
    await open(where, alone, other, "alone");
    await expect(open(where, says("x"), other, "x")).rejects.toMatchObject(taken);
    await expect(open(where, alone, other, "x")).rejects.toMatchObject(taken);
  });

  it("by a socket file that a crash left is freed, but not one where somebody answers", async () => {
    const path = join(await folder(tidy), "web.sock");
    const crashed = createServer();
    crashed.listen(path);
    await once(crashed, "listening");
    await expect(open(house(), says("x"), `unix:${path}`)).rejects.toMatchObject(taken);
    // A hard link keeps the file when the server removes it, as if it had never had the time to.
    const { linkSync, renameSync } = await import("node:fs");
    linkSync(path, `${path}.kept`);
    crashed.close();
    await once(crashed, "close");
    renameSync(`${path}.kept`, path);
    expect(existsSync(path)).toBe(true);
    await open(house(), says("unix"), `unix:${path}`);
    const sent = httpRequest({ socketPath: path, agent: false });
    sent.end();
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    expect((await bodyOf(response)).text).toBe("unix");
  });
});

describe("who knocks while nobody is at home", () => {
  it("waits for the next tenant: connections before any, requests after one", async () => {
    const where = house();
    const first = await open(where, { socket: (socket) => void socket.end("first") });
    await first.leave(never);
    const { received, closed } = await connect(first.address);
    const second = await open(where, { socket: (socket) => void socket.end("second") });
    await until("the second tenant has answered", () => received() === "second");
    await second.leave(never);
    void closed;

    const web = await open(where, says("one"), "127.0.0.1:0", "http");
    await web.leave(never);
    const waiting = get(web.address);
    expect(await settlesWithin(50, waiting)).toBe(false);
    await open(where, says("two"), "127.0.0.1:0", "http");
    expect((await waiting).text).toBe("two");
  });

  it("waits only where somebody has just moved out, and not for hosts that were never served", async () => {
    const where = house();
    const address = `127.0.0.1:${await freePort()}`;
    await open(where, says("b", { hosts: ["b.example"] }), address, "b");
    const a = await open(where, says("a", { hosts: ["a.example"] }), address, "a");
    await a.leave(never);
    expect(await get(address, { host: "c.example" })).toMatchObject({ status: 503 });
    const waiting = get(address, { host: "a.example" });
    expect(await settlesWithin(50, waiting)).toBe(false);
    await open(where, says("a2", { hosts: ["a.example", "c.example"] }), address, "a");
    expect((await waiting).text).toBe("a2");
  });

  it("is sent away after a while", async () => {
    const where = house({ patience: 50 });
    const sockets = await open(where, { socket: (socket) => void socket.end() });
    await sockets.leave(never);
    const bare = await connect(sockets.address);
    const web = await open(where, says("x"), "127.0.0.1:0", "http");
    await web.leave(never);
    const [answer] = await Promise.all([get(web.address), bare.closed]);
    expect(answer).toEqual({ status: 503, text: "nobody answers for this host here\n" });
    await new Promise((resolve) => setTimeout(resolve, 60));
    const began = performance.now();
    expect((await get(web.address)).status).toBe(503);
    expect(performance.now() - began).toBeLessThan(40);
  });

  it("is sent away at once if too many wait already", async () => {
    const where = house({ waiting: 2 });
    const sockets = await open(where, { socket: (socket) => void socket.end("in") });
    await sockets.leave(never);
    const all = [
      await connect(sockets.address),
      await connect(sockets.address),
      await connect(sockets.address),
    ];
    await all[2]?.closed;
    await open(where, { socket: (socket) => void socket.end("in") });
    await until("both were let in", () => all[0]?.received() === "in" && all[1]?.received() === "in");
    expect(all[2]?.received()).toBe("");

    const web = await open(where, says("in"), "127.0.0.1:0", "http");
    await web.leave(never);
    const waiting = [get(web.address), get(web.address)];
    await until("both wait", async () => (await settlesWithin(20, Promise.race(waiting))) === false);
    expect((await get(web.address)).status).toBe(503);
    await open(where, says("in"), "127.0.0.1:0", "http");
    expect((await Promise.all(waiting)).map(({ text }) => text)).toEqual(["in", "in"]);
  });

  it("may give up, and is forgotten", async () => {
    const where = house({ waiting: 1 });
    const web = await open(where, says("x"));
    await web.leave(never);
    const gone = await connect(web.address);
    gone.socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    await until("the waiting room is full", async () => (await get(web.address)).status === 503);
    gone.socket.destroy();
    let asked = get(web.address);
    await until("there is room again", async () => {
      if (!(await settlesWithin(50, asked))) return true;
      asked = get(web.address);
      return false;
    });
    await open(where, says("y"));
    expect((await asked).text).toBe("y");
  });

  it("waits with a WebSocket too", async () => {
    const where = house();
    const upgrading: HttpTenant = {
      request: (_, response) => void response.end("no upgrade"),
      upgrade: (_, socket) => void socket.end("HTTP/1.1 101 Switching Protocols\r\n\r\nhello"),
    };
    const first = await open(where, upgrading);
    await first.leave(never);
    const { socket, received } = await connect(first.address);
    socket.write("GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
    await new Promise((resolve) => setTimeout(resolve, 20));
    await open(where, upgrading);
    await until("it is upgraded", () => received().endsWith("hello"));
  });
});

describe("moving out", () => {
  it("waits for what was taken to be answered", async () => {
    const where = house();
    const slow = held("request", "slow");
    const web = await open(where, slow.tenant);
    const asked = get(web.address);
    await slow.taken();
    const left = web.leave(never);
    expect(await settlesWithin(50, left)).toBe(false);
    slow.answer();
    await left;
    expect((await asked).text).toBe("slow");

    const bare = held("socket", "bare");
    const door = await open(where, bare.tenant, "127.0.0.1:0", "bare");
    const { received } = await connect(door.address);
    await bare.taken();
    const gone = door.leave(never);
    expect(await settlesWithin(50, gone)).toBe(false);
    bare.answer();
    await gone;
    await until("the answer came", () => received() === "bare");
  });

  it("cuts what is not answered when it is killed, upgraded connections too", async () => {
    const where = house();
    const silent = await open(where, { request: () => {}, upgrade: () => {} });
    const asked = await connect(silent.address);
    asked.socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    const upgraded = await connect(silent.address);
    upgraded.socket.write("GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
    const mute = await open(where, { socket: () => {} }, "127.0.0.1:0", "mute");
    const bare = await connect(mute.address);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await Promise.all([silent.leave(now), mute.leave(now)]);
    await Promise.all([asked.closed, upgraded.closed, bare.closed]);
  });
});

describe("closing", () => {
  it.each([true, false])("ends idle keep-alive connections at once (fast lane: %s)", async (quick) => {
    const where = house();
    const { address, leave } = await open(where, says("x", { quick }));
    const agent = new HttpAgent({ keepAlive: true });
    tidy.later(() => agent.destroy());
    await Promise.all(Array.from({ length: 10 }, () => get(address, { agent })));
    const fresh = await connect(address);
    await leave(never);
    expect(await settlesWithin(1_000, where.close(never))).toBe(true);
    await fresh.closed;
  });

  it("lets a busy connection finish, and no longer than it may", async () => {
    const where = house();
    const slow = held("request", "x");
    const { address } = await open(where, slow.tenant);
    const agent = new HttpAgent({ keepAlive: true });
    tidy.later(() => agent.destroy());
    const asked = get(address, { agent });
    await slow.taken();
    const closed = where.close(never);
    expect(await settlesWithin(50, closed)).toBe(false);
    slow.answer();
    expect((await asked).text).toBe("x");
    expect(await settlesWithin(1_000, closed)).toBe(true);

    const other = house();
    const mute = await open(other, { socket: () => {} });
    await connect(mute.address);
    const bound = new AbortController();
    const closing = other.close(bound.signal);
    expect(await settlesWithin(50, closing)).toBe(false);
    bound.abort();
    expect(await settlesWithin(1_000, closing)).toBe(true);
  });

  it("sends away who waits", async () => {
    const where = house();
    const bare = await open(where, { socket: () => {} });
    await bare.leave(never);
    const waiting = await connect(bare.address);
    const web = await open(where, says("x"), "127.0.0.1:0", "http");
    await web.leave(never);
    const asked = get(web.address);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await where.close(never);
    expect((await asked).status).toBe(503);
    await waiting.closed;
  });
});

describe("clients that misbehave", () => {
  it("are cut when a head takes too long, whoever reads it", async () => {
    for (const quick of [true, false]) {
      const { address } = await open(house({ head: 100 }), says("x", { quick }));
      const slow = await connect(address);
      slow.socket.write("GET / HTTP/1.1\r\nho");
      await slow.closed;
      expect(slow.received()).toMatch(/^HTTP\/1\.1 408 /);
    }
  });

  it("are cut when they stay idle", async () => {
    for (const quick of [true, false]) {
      const { address } = await open(house({ idle: 100 }), says("x", { quick }));
      const idle = await connect(address);
      idle.socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
      await idle.closed;
      expect(idle.received()).toMatch(/^HTTP\/1\.1 200 /);
    }
  });

  it("may reset, and nobody minds", async () => {
    const { address } = await open(house(), says("x".repeat(100_000)));
    for (let round = 0; round < 20; round++) {
      const { socket } = await connect(address);
      socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n".repeat(round));
      socket.resetAndDestroy();
    }
    expect((await get(address)).status).toBe(200);
  });

  it("that offer another protocol than WebSocket get an ordinary answer", async () => {
    const { address } = await open(house(), says("plain"));
    const { socket, closed, received } = await connect(address);
    socket.write("GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\n\r\n");
    await closed;
    expect(received()).toMatch(/^HTTP\/1\.1 200 .*connection: close.*plain$/is);
  });
});

describe("a tenant that throws", () => {
  it("spoils one answer, not the process, and it is logged", async () => {
    const errors: string[] = [];
    const log: Log = { debug() {}, info() {}, warn() {}, error: (_, message) => void errors.push(message) };
    const fall = () => {
      throw new TypeError("a defect");
    };
    const where = house({ log });
    const web = await open(where, { request: fall, quick: fall, upgrade: fall });
    expect(await get(web.address)).toEqual({ status: 500, text: "this request met a defect\n" });
    const upgraded = await connect(web.address);
    upgraded.socket.write("GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
    await upgraded.closed;
    const bare = await open(where, { socket: fall }, "127.0.0.1:0", "bare");
    await (await connect(bare.address)).closed;
    const half = await open(
      where,
      {
        request: (_, response) => {
          response.write("half");
          fall();
        },
      },
      "127.0.0.1:0",
      "half",
    );
    await expect(get(half.address)).rejects.toThrow();
    expect(errors.filter((message) => message === "a request met a defect").length).toBeGreaterThan(2);
    const later = await open(where, { request: async () => fall() }, "127.0.0.1:0", "later");
    expect(await get(later.address)).toEqual({ status: 500, text: "this request met a defect\n" });
    expect(errors).toContain("a connection met a defect");
  });

  it("because its caller has gone has no defect", async () => {
    const errors: string[] = [];
    const log: Log = { debug() {}, info() {}, warn() {}, error: (_, message) => void errors.push(message) };
    let ended = false;
    const web = await open(house({ log }), {
      async request(request) {
        try {
          for await (const _ of request);
        } finally {
          ended = true;
        }
      },
    });
    const { socket } = await connect(web.address);
    socket.write("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nx", () => socket.resetAndDestroy());
    await until("it has heard", () => ended);
    expect(errors).toEqual([]);
  });
});

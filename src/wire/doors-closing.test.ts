import { Agent as HttpAgent } from "node:http";
import { describe, expect, it } from "vitest";
import { connect, get, held, house, never, open, says, tidy } from "../../test/tools/doorstep.ts";
import { until } from "../../test/tools/until.ts";
import { settlesWithin } from "../core/life.ts";
import type { Log } from "../core/log.ts";

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
    const where = house({ waiting: 2 });
    const bare = await open(where, { socket: () => {} });
    await bare.leave(never);
    const waiting = await connect(bare.address);
    const web = await open(where, says("x"), "127.0.0.1:0", "http");
    await web.leave(never);
    const asked = get(web.address);
    await until("there is room for nobody else", async () => (await get(web.address)).status === 503);
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

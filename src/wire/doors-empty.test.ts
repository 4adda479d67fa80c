import { describe, expect, it } from "vitest";
import { connect, get, held, house, never, now, open, says } from "../../test/tools/doorstep.ts";
import { freePort } from "../../test/tools/ports.ts";
import { until } from "../../test/tools/until.ts";
import type { HttpTenant } from "../core/doors.ts";
import { settlesWithin } from "../core/life.ts";

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
    const patience = 400;
    const where = house({ patience });
    const sockets = await open(where, { socket: (socket) => void socket.end() });
    await sockets.leave(never);
    const bare = await connect(sockets.address);
    const web = await open(where, says("x"), "127.0.0.1:0", "http");
    await web.leave(never);
    const [answer] = await Promise.all([get(web.address), bare.closed]);
    expect(answer).toEqual({ status: 503, text: "nobody answers for this host here\n" });
    // Whoever comes later does not wait as long again.
    const began = performance.now();
    expect((await get(web.address)).status).toBe(503);
    expect(performance.now() - began).toBeLessThan(patience);
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

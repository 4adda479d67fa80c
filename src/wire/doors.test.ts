import { once } from "node:events";
import { existsSync } from "node:fs";
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bodyOf, get, house, never, open, says, tidy } from "../../test/tools/doorstep.ts";
import { folder } from "../../test/tools/folder.ts";
import { freePort } from "../../test/tools/ports.ts";
import { until } from "../../test/tools/until.ts";
import type { Tenant } from "../core/doors.ts";

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

import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { startApp } from "../../tools/app.ts";
import { freePort, serve } from "../../tools/ports.ts";
import { exchange, parseResponse } from "../../tools/raw-http.ts";
import { startShop } from "../../tools/shop.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";

const tidy = new Tidy();
const rules = {
  redirects: [{ source: "/old", target: "/new" }],
  pages: [{ path: "/page", content: "ours" }],
};

const HEAD = "Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
const handshake = (path: string) =>
  `GET ${path} HTTP/1.1\r\n${HEAD}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;

/** Somebody who takes connections and never says a word. */
async function mute(): Promise<string> {
  return `http://127.0.0.1:${await serve(tidy, () => {})}`;
}

describe("what is no WebSocket after all", () => {
  test("a rule comes first, and a page too", async () => {
    const app = await startApp(tidy);
    const { port } = await startShop(tidy, { upstream: app.url }, { rules });
    const moved = parseResponse(await exchange(port, handshake("/old")));
    expect([moved.status, moved.headers["location"]]).toEqual([301, "/new"]);
    expect(parseResponse(await exchange(port, handshake("/page")))).toMatchObject({
      status: 200,
      body: "ours",
    });
    expect(app.connections).toHaveLength(0);
  });

  test("an application that refuses is heard", async () => {
    const app = await startApp(tidy, (_, response) =>
      response.writeHead(426, "No Thanks", { "set-cookie": ["a=1", "caf\xe9=2"] }).end("not here"),
    );
    const { port } = await startShop(tidy, { upstream: app.url }, { rules });
    const text = await exchange(port, handshake("/"));
    expect(text).toMatch(/^HTTP\/1\.1 426 No Thanks\r\n[\s\S]*a=1\r\n[\s\S]*caf\xe9=2\r\n/);
    expect(parseResponse(text)).toMatchObject({ headers: { connection: "close" }, body: "not here" });
  });

  test("a refusal that breaks off ends the connection", async () => {
    const port = await serve(tidy, (socket) => {
      socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"));
    });
    const shop = await startShop(tidy, { upstream: `http://127.0.0.1:${port}` }, { rules });
    expect(parseResponse(await exchange(shop.port, handshake("/"))).body).toBe("half");
  });

  test("an application that is down is 502, one that says nothing 504, each with the reason", async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const down = await startShop(tidy, { upstream: url }, { rules });
    const answer = parseResponse(await exchange(down.port, handshake("/")));
    expect(answer).toMatchObject({
      status: 502,
      body: `the upstream ${url} cannot be reached: ECONNREFUSED\n`,
    });
    const upstream = { url: await mute(), timeout: "100ms" };
    const silent = await startShop(tidy, { upstream }, { rules });
    const late = parseResponse(await exchange(silent.port, handshake("/")));
    expect(late).toMatchObject({
      status: 504,
      body: `the upstream ${upstream.url} did not answer in time\n`,
    });
  });

  test.each(["/old", "/refused"])("who is answered and does not hang up is hung up on: %s", async (path) => {
    const app = await startApp(tidy, (_, response) => response.end("no"));
    const { port } = await startShop(tidy, { upstream: app.url }, { rules });
    const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true }, () =>
      client.write(handshake(path)),
    );
    await once(client.on("error", () => {}).resume(), "end");
    // Nothing tells a half-open connection that the other half is gone but an attempt to use it.
    await until("writing fails", () => !client.write("x") || client.destroyed);
  });

  test("a visitor who leaves before the answer is no longer asked for", async () => {
    let gone: Promise<unknown> | undefined;
    const port = await serve(tidy, (socket) => {
      gone = once(socket, "end");
      socket.once("data", () => client.destroy());
    });
    const shop = await startShop(tidy, { upstream: `http://127.0.0.1:${port}` }, { rules });
    const client = connect(shop.port, "127.0.0.1", () => client.write(handshake("/")));
    await once(client, "close");
    await gone;
  });
});

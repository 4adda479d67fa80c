import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { startApp } from "../../tools/app.ts";
import { serve } from "../../tools/ports.ts";
import { exchange, parseResponse } from "../../tools/raw-http.ts";
import { startShop } from "../../tools/shop.ts";
import { Tidy } from "../../tools/tidy.ts";

const tidy = new Tidy();
const rules = {
  redirects: [{ source: "/old", target: "/new" }],
  pages: [{ path: "/page", content: "ours" }],
};

/** An agent in front of a WebSocket server that gives back what it hears. */
async function inFront() {
  const app = await startApp(tidy);
  const sockets = new WebSocketServer({ server: app.server, handleProtocols: () => "chat" });
  tidy.later(() => sockets.close());
  sockets.on("connection", (socket) =>
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })),
  );
  return { app, sockets, ...(await startShop(tidy, { upstream: app.url }, { rules })) };
}

async function opened(port: number, path = "/chat?room=1"): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, "chat", { headers: { cookie: "a=1" } });
  tidy.later(() => socket.terminate());
  await once(socket, "open");
  return socket;
}

const HEAD = "Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
const handshake = (path: string) =>
  `GET ${path} HTTP/1.1\r\n${HEAD}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;

/** Somebody who takes connections and never says a word. */
async function mute(): Promise<string> {
  return `http://127.0.0.1:${await serve(tidy, () => {})}`;
}

describe("a WebSocket", () => {
  test("speaks both ways, texts and bytes, small and large, with its protocol agreed", async () => {
    const { port, sockets } = await inFront();
    const asked = once(sockets, "connection");
    const client = await opened(port);
    const [, request] = await asked;
    expect(request).toMatchObject({
      url: "/chat?room=1",
      headers: { cookie: "a=1", connection: "Upgrade", upgrade: "websocket", "x-forwarded-for": "127.0.0.1" },
    });
    expect(client.protocol).toBe("chat");
    for (const sent of [Buffer.from("hello"), Buffer.alloc(2 ** 21, 7), Buffer.alloc(0)]) {
      client.send(sent);
      expect(sent.equals((await once(client, "message"))[0] as Buffer)).toBe(true);
    }
  });

  test("that the visitor closes is closed at the application, with its reason", async () => {
    const { port, sockets } = await inFront();
    const asked = once(sockets, "connection");
    const client = await opened(port);
    const [server] = (await asked) as [WebSocket];
    client.close(4001, "enough");
    expect((await once(server, "close")).map(String)).toEqual(["4001", "enough"]);
  });

  test.each(["visitor", "application"])("that breaks off at the %s breaks off at the other", async (who) => {
    const { port, sockets } = await inFront();
    const asked = once(sockets, "connection");
    const client = await opened(port);
    const [server] = (await asked) as [WebSocket];
    const [first, other] = who === "visitor" ? [client, server] : [server, client];
    first.terminate();
    expect((await once(other, "close"))[0]).toBe(1006);
  });

  test("whose first words come with the question loses none of them", async () => {
    const port = await serve(tidy, (socket) => {
      let text = "";
      socket.on("data", (chunk) => {
        const asked = text.includes("\r\n\r\n");
        text += chunk.toString("latin1");
        if (!asked)
          socket.write(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
          );
        if (text.endsWith("early")) socket.end("answer");
      });
    });
    const shop = await startShop(tidy, { upstream: `http://127.0.0.1:${port}` }, { rules });
    expect(await exchange(shop.port, `${handshake("/")}early`)).toMatch(
      /^HTTP\/1\.1 101 [\s\S]*\r\n\r\nanswer$/,
    );
  });

  test("whose first words come while the application still thinks loses none of them", async () => {
    const port = await serve(tidy, (socket) => {
      socket.once("data", () => {
        client.write("early", () => {
          socket.on("data", (chunk) => socket.end(`heard ${String(chunk)}`));
          socket.write(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
          );
        });
      });
    });
    const shop = await startShop(tidy, { upstream: `http://127.0.0.1:${port}` }, { rules });
    const client = connect(shop.port, "127.0.0.1", () => client.write(handshake("/")));
    let text = "";
    for await (const chunk of client) text += String(chunk);
    expect(text).toContain("\r\n\r\nheard early");
  });

  test("that says nothing for longer than an answer may take stays open", async () => {
    const app = await startApp(tidy);
    const sockets = new WebSocketServer({ server: app.server });
    const asked = once(sockets, "connection");
    const upstream = { url: app.url, timeout: "100ms" };
    const { port } = await startShop(tidy, { upstream }, { rules });
    const client = new WebSocket(`ws://127.0.0.1:${port}/`);
    tidy.later(() => client.terminate());
    await once(client, "open");
    const [server] = (await asked) as [WebSocket];
    // Another one that is never answered: its time is over after that of the first would have been.
    const silent = await startShop(tidy, { upstream: { url: await mute(), timeout: "400ms" } }, { rules });
    expect(parseResponse(await exchange(silent.port, handshake("/"))).status).toBe(504);
    server.send("still here");
    expect(String((await once(client, "message"))[0])).toBe("still here");
  });
});

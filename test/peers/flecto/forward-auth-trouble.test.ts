import { describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { startApp } from "../../tools/app.ts";
import { startCaddy, startNginx } from "../../tools/fronts.ts";
import { describeWith } from "../../tools/needs.ts";
import { freePort } from "../../tools/ports.ts";
import { exchange, parseResponse } from "../../tools/raw-http.ts";
import { startShop } from "../../tools/shop.ts";
import { Tidy } from "../../tools/tidy.ts";

const FRONTS = [
  ["nginx", startNginx],
  ["caddy", startCaddy],
] as const;

const rules = { redirects: [{ source: "/old", target: "/new" }] };

describe.each(FRONTS)("behind a real %s", (program, start) => {
  describeWith(program)("it", () => {
    const tidy = new Tidy();

    const ask = async (port: number, request: string) =>
      parseResponse(await exchange(port, `${request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`));

    test("a WebSocket reaches the application, unless its URL was moved", async () => {
      const app = await startApp(tidy);
      const sockets = new WebSocketServer({ server: app.server });
      sockets.on("connection", (socket) =>
        socket.on("message", (data) => socket.send(`heard ${String(data)}`)),
      );
      const shop = await startShop(tidy, { forward_auth: true }, { rules });
      const port = await start(tidy, { outrider: shop.port, app: app.port });
      const client = new WebSocket(`ws://127.0.0.1:${port}/chat`);
      const heard = new Promise((resolve, reject) => {
        client.on("message", (data) => resolve(String(data))).on("error", reject);
      });
      client.on("open", () => client.send("hello"));
      expect(await heard).toBe("heard hello");
      client.terminate();
      const moved = new WebSocket(`ws://127.0.0.1:${port}/old`);
      const answer = new Promise((resolve) => {
        moved.on("unexpected-response", (_, { statusCode, headers }) => {
          resolve([statusCode, headers.location]);
          moved.terminate();
        });
      });
      moved.on("error", () => {});
      expect(await answer).toEqual([301, "/new"]);
    });

    test("without Outrider there are no redirects, but there is a site", async () => {
      const app = await startApp(tidy, (_, response) => response.end("the site"));
      const port = await start(tidy, { outrider: await freePort(), app: app.port });
      expect(await ask(port, "GET /old")).toMatchObject({ status: 200, body: "the site" });
      const post = "POST /old HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc";
      expect(parseResponse(await exchange(port, post))).toMatchObject({ status: 200, body: "the site" });
    });

    test("an application that breaks off gets no request twice", async () => {
      let asked = 0;
      const app = await startApp(tidy, (request) => {
        asked++;
        request.socket.destroy();
      });
      const shop = await startShop(tidy, { forward_auth: true }, { rules });
      const port = await start(tidy, { outrider: shop.port, app: app.port });
      expect((await ask(port, "POST /order")).status).toBe(502);
      expect(asked).toBe(1);
    });
  });
});

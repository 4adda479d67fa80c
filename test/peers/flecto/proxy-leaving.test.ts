import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import { describe, test } from "vitest";
import { type App, startApp } from "../../tools/app.ts";
import { startShop } from "../../tools/shop.ts";
import { Tidy } from "../../tools/tidy.ts";

const tidy = new Tidy();
const ASK = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const HALF = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx";

const shopAt = (upstream: string) => startShop(tidy, { upstream }, { rules: { redirects: [] } });

describe("a visitor who leaves", () => {
  const leaving: [string, string, (app: App) => Promise<unknown>][] = [
    ["before the answer", ASK, (app) => once(app.server, "request")],
    ["in the middle of his own words", HALF, (app) => once(app.server, "request")],
  ];
  test.each(leaving)("%s is no longer worked for", async (_, words, until) => {
    const app = await startApp(tidy, () => {});
    const { port } = await shopAt(app.url);
    const reached = until(app);
    const client = connect(port, "127.0.0.1", () => client.write(words));
    const [, response] = (await reached) as [IncomingMessage, NodeJS.EventEmitter];
    client.destroy();
    await once(response, "close");
  });

  test("in the middle of an answer is no longer worked for", async () => {
    const app = await startApp(tidy, (_, response) => void response.write("first words"));
    const { port } = await shopAt(app.url);
    const reached = once(app.server, "request");
    const client = connect(port, "127.0.0.1", () => client.write(ASK));
    await once(client, "data");
    const [, response] = (await reached) as [IncomingMessage, NodeJS.EventEmitter];
    client.destroy();
    await once(response, "close");
  });

  test("with questions that still wait for their turn is no longer worked for, and not waited for", async () => {
    const closed: Promise<unknown>[] = [];
    const { promise, resolve } = deferred();
    const app = await startApp(tidy, (_, response) => {
      closed.push(once(response, "close"));
      if (closed.length === 3) resolve();
    });
    const { port, agent } = await shopAt(app.url);
    const client = connect(port, "127.0.0.1", () => client.write(ASK.repeat(3)));
    await promise;
    client.destroy();
    await Promise.all(closed);
    await agent.close();
  });
});

function deferred() {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

import { once } from "node:events";
import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request } from "node:http";
import express from "express";
import { Hono } from "hono";
import { beforeAll, describe, expect, it } from "vitest";
import { expressRedirects } from "../../../src/agents/redirects/express.ts";
import { honoRedirects } from "../../../src/agents/redirects/hono.ts";
import { frameworks } from "../../tools/frameworks.ts";
import { startManaged, startManager } from "../../tools/managed-shop.ts";
import { exchange, parseResponse } from "../../tools/raw-http.ts";
import { type Shop, startShop } from "../../tools/shop.ts";
import { Tidy } from "../../tools/tidy.ts";

const all = new Tidy("all");
const tidy = new Tidy();

const text = "User-agent: *\n".repeat(200);
const rules = {
  redirects: [
    { source: "/old", target: '/new?a=1&b="é"' },
    { source: "/dir/relative", target: "next", status: 302 },
    { source: "example.com/hosted", target: "https://shop.example.com/", status: 308 },
    { source: "/quote%22", target: "/unquoted", status: 307 },
    { source: "/gone", status: 410 },
    { type: "REGEX", source: "^/blog/([0-9]+)/(.*)$", target: "/articles/$1/$2" },
  ],
  pages: [
    { path: "/robots.txt", content: text },
    { path: "/empty.xml", content: "", content_type: "application/xml" },
  ],
};
const options = { etag: true, compress: true, charset: "utf-8", cache_control: "max-age=60", debug: true };

/** Requests that rules or pages answer: their first line, and more headers. */
const ours: readonly [line: string, headers?: string][] = [
  ["GET /old"],
  ["HEAD /old"],
  ["POST /old"],
  ["DELETE /old"],
  ["GET /dir/relative"],
  ["GET /hosted"],
  ['GET /quote"'],
  ["GET /blog/7/a//b?c=%20"],
  ["GET http://example.com/hosted"],
  ["GET /gone"],
  ["HEAD /gone"],
  ["GET /robots.txt"],
  ["HEAD /robots.txt"],
  ["POST /robots.txt"],
  ["GET /robots.txt", "accept-encoding: gzip\r\n"],
  ["HEAD /robots.txt", "accept-encoding: br\r\n"],
  ["GET /robots.txt", "if-none-match: *\r\n"],
  ["GET /empty.xml"],
];

const COMPARED = [
  "content-type",
  "content-length",
  "content-encoding",
  "location",
  "etag",
  "vary",
  "cache-control",
];

/** What of an answer is ours: its status, its body, and the headers that are about it. */
async function answerOn(port: number, line: string, headers = "") {
  const length = /^(POST|DELETE)/.test(line) ? "content-length: 0\r\n" : "";
  const head = `${line} HTTP/1.1\r\nhost: example.com\r\n${length}${headers}connection: close\r\n\r\n`;
  const { status, body, headers: sent } = parseResponse(await exchange(port, head));
  const mine = Object.entries(sent).filter(
    ([name]) => COMPARED.includes(name) || name.startsWith("x-middleware"),
  );
  return { status, body, headers: Object.fromEntries(mine.sort()) };
}

describe.each(Object.entries(frameworks))("in %s", (_name, startApp) => {
  let shop: Shop;
  let port: number;

  beforeAll(async () => {
    shop = await startShop(all, options, { rules });
    port = await startApp(all, shop.agent);
  });

  it.each(ours)("%s is answered as by our own server %s", async (line, headers) => {
    const answer = await answerOn(port, line, headers);
    expect(answer).toEqual(await answerOn(shop.port, line, headers));
    expect(answer.status).not.toBe(404);
  });

  it("the app's own routes, and its own 404, answer what matches nothing", async () => {
    expect(await answerOn(port, "GET /app")).toMatchObject({ status: 200, body: "app" });
    expect((await answerOn(port, "GET /old?x=1")).body).toBe("hidden");
    expect((await answerOn(port, "GET /nowhere")).status).toBe(404);
  });

  it("a body goes through piece by piece, untouched", async () => {
    const asking = request({ port, path: "/echo", method: "POST", headers: { "content-type": "x/y" } });
    asking.write("one");
    const response = await responseTo(asking);
    expect(await nextPiece(response)).toBe("one");
    asking.write("two");
    expect(await nextPiece(response)).toBe("two");
    asking.end("three");
    expect(await nextPiece(response)).toBe("three");
    response.resume();
    await once(response, "end");
  });

  it("a redirect of a request with a body leaves the connection usable", async () => {
    const agent = new HttpAgent({ keepAlive: true, maxSockets: 1 });
    all.later(() => agent.destroy());
    const posting = request({ port, agent, path: "/old", method: "POST" });
    posting.end("x".repeat(1_000_000));
    const moved = await responseTo(posting);
    expect(moved.statusCode).toBe(301);
    await once(moved.resume(), "end");
    const getting = request({ port, agent, path: "/app" }).end();
    const answer = await responseTo(getting);
    expect([answer.statusCode, getting.reusedSocket]).toEqual([200, true]);
    await once(answer.resume(), "end");
  });

  it("before the first rules are there everything is the app's; then ours is answered", async () => {
    const { manager, release } = await startSlowManager();
    const { agent } = await startManaged(tidy, manager);
    const own = await startApp(tidy, agent);
    expect(agent.health().standing).not.toBe("ready");
    expect((await answerOn(own, "GET /old")).body).toBe("hidden");
    const ready = agent.ready();
    release();
    await ready;
    expect((await answerOn(own, "GET /old")).headers["location"]).toBe("/new");
    expect((await answerOn(own, "GET /app")).body).toBe("app");
  });

  it("after `close` the last rules go on being answered, until the app ends", async () => {
    const { agent } = await startShop(tidy, {}, { rules, listen: false });
    const own = await startApp(tidy, agent);
    await agent.close();
    expect((await answerOn(own, "GET /old")).status).toBe(301);
    expect((await answerOn(own, "GET /app")).body).toBe("app");
  });
});

describe("only in", () => {
  it("Express: below a mount path the whole path counts", async () => {
    const { agent } = await startShop(tidy, {}, { rules, listen: false });
    const app = express();
    app.use("/dir", expressRedirects(agent));
    const server = app.listen(0, "127.0.0.1");
    tidy.later(() => void server.close());
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    expect((await answerOn(port, "GET /dir/relative")).headers["location"]).toBe("/dir/next");
    expect((await answerOn(port, "GET /old")).status).toBe(404);
  });

  it("Hono: where there is no Node, by the request's URL", async () => {
    const { agent } = await startShop(tidy, options, { rules, listen: false });
    const app = new Hono();
    app.use(honoRedirects(agent));
    const ask = (url: string, init?: RequestInit) => app.request(url, init);
    expect((await ask("http://example.com/hosted")).headers.get("location")).toBe(
      "https://shop.example.com/",
    );
    expect((await ask("http://other.example/hosted")).status).toBe(404);
    const page = await ask("/robots.txt");
    expect(await page.text()).toBe(text);
    const tag = page.headers.get("etag") ?? "";
    expect((await ask("/robots.txt", { headers: { "if-none-match": tag } })).status).toBe(304);
  });
});

/** A Manager that answers once it is told to. */
async function startSlowManager() {
  const redirects = [{ type: "BASIC", source: "/old", target: "/new", status: "FOUND" }];
  const manager = await startManager(tidy, { redirects });
  let release = () => {};
  manager.state.intercept = (_, response) => {
    release = () => {
      delete manager.state.intercept;
      response.end("1\n");
    };
    return true;
  };
  return { manager, release: () => release() };
}

async function responseTo(asking: ClientRequest): Promise<IncomingMessage> {
  return (await once(asking, "response"))[0] as IncomingMessage;
}

async function nextPiece(response: IncomingMessage): Promise<string> {
  for (;;) {
    const piece = response.read() as Buffer | null;
    if (piece) return piece.toString();
    await once(response, "readable");
  }
}

import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { describe, expect, test } from "vitest";
import { startApp } from "../../tools/app.ts";
import { freePort, serve } from "../../tools/ports.ts";
import { exchange, parseResponse } from "../../tools/raw-http.ts";
import { type ShopConfig, startShop } from "../../tools/shop.ts";
import { Tidy } from "../../tools/tidy.ts";

const tidy = new Tidy();
const rules = { redirects: [{ source: "/old", target: "/new" }] };
const GET = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
const POST = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx";

/** An agent in front of something that is not quite HTTP. `given` goes beside the URL. */
async function inFrontOf(connected: Parameters<typeof serve>[1], given: object = {}) {
  const url = `http://127.0.0.1:${await serve(tidy, connected)}`;
  return { url, ...(await shopAt({ url, ...given })) };
}

function shopAt(upstream: NonNullable<ShopConfig["upstream"]>) {
  return startShop(tidy, { upstream }, { rules });
}

const asked = async (port: number, text = GET) => parseResponse(await exchange(port, text));

describe("an upstream", () => {
  test("that is down is 502 with the reason, redirects go on, and it is found again", async () => {
    const port = await freePort();
    const shop = await shopAt(`http://127.0.0.1:${port}`);
    for (const text of [GET, POST]) {
      expect(await asked(shop.port, text)).toMatchObject({
        status: 502,
        body: `the upstream http://127.0.0.1:${port} cannot be reached: ECONNREFUSED\n`,
      });
    }
    expect((await asked(shop.port, GET.replace("/", "/old"))).status).toBe(301);
    await startApp(tidy, (_, response) => response.end("back"), port);
    expect(await asked(shop.port)).toMatchObject({ status: 200, body: "back" });
  });

  test("that takes the question and stays silent is 504", async () => {
    const { port, url } = await inFrontOf(() => {}, { timeout: "100ms" });
    for (const text of [GET, POST]) {
      expect(await asked(port, text)).toMatchObject({
        status: 504,
        body: `the upstream ${url} did not answer in time\n`,
      });
    }
  });

  test.each([
    ["half an answer and silence", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", false],
    ["half an answer and the end", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", true],
    ["half of the chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", true],
  ])("that gives %s: the visitor can tell that it is only half", async (_, words, ends) => {
    const { port } = await inFrontOf(
      (socket) => socket.once("data", () => (ends ? socket.end(words) : socket.write(words))),
      { timeout: "100ms" },
    );
    const text = await exchange(port, GET);
    expect(text).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(text).toContain("half");
    expect(text).not.toMatch(/\r\n0\r\n\r\n$/);
  });

  test.each([
    ["nothing", ""],
    ["no HTTP", "SSH-2.0-OpenSSH_9.2\r\n"],
    ["a header that is none", "HTTP/1.1 200 OK\r\nno colon here\r\n\r\n"],
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
    [
      "length and chunks",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
    ],
    ["a control byte in a header", "HTTP/1.1 200 OK\r\nX: a\x01b\r\nContent-Length: 0\r\n\r\n"],
    ["a control byte in its phrase", "HTTP/1.1 200 O\x01K\r\nContent-Length: 0\r\n\r\n"],
    ["a status that is none", "HTTP/1.1 099 Low\r\nContent-Length: 0\r\n\r\n"],
    ["an endless head", `HTTP/1.1 200 OK\r\nX: ${"a".repeat(100_000)}\r\n\r\n`],
  ])("that says %s is 502, for this request alone", async (_, words) => {
    const { port } = await inFrontOf((socket) => socket.once("data", () => socket.end(words, "latin1")));
    expect(await exchange(port, GET)).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n/);
    expect((await asked(port, GET.replace("/", "/old"))).status).toBe(301);
  });

  test.each([
    ["GET is asked again on a new one", GET, 200, 2],
    ["POST is not: it may have changed something", POST, 502, 1],
  ])("that breaks a kept connection in the middle of a question: %s", async (_, question, status, times) => {
    const questions: string[] = [];
    const { port } = await inFrontOf((socket) => {
      let first = true;
      socket.on("data", (chunk) => {
        questions.push(String(chunk));
        // Each connection answers once, and then breaks off.
        if (first) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        else socket.destroy();
        first = false;
      });
    });
    expect((await asked(port)).status).toBe(200);
    expect((await asked(port, question)).status).toBe(status);
    const method = question.slice(0, question.indexOf(" "));
    expect(questions.slice(1).filter((text) => text.startsWith(method))).toHaveLength(times);
  });

  test("that refuses a large body early is heard all the same", async () => {
    const app = await startApp(tidy, (_, response) => {
      // One that also hangs up resets the connection, and whether its answer was read before is chance.
      response.writeHead(413).end("too large");
    });
    const { port } = await shopAt(app.url);
    const asking = request({
      port,
      path: "/",
      method: "POST",
      agent: false,
      headers: { "content-length": 2 ** 30 },
    });
    asking.on("error", () => {});
    asking.write(Buffer.alloc(2 ** 20));
    const [answer] = (await once(asking, "response")) as [IncomingMessage];
    expect([answer.statusCode, String((await once(answer, "data"))[0])]).toEqual([413, "too large"]);
    asking.destroy();
  });
});

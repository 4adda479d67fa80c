import { describe, expect, test } from "vitest";
import { type Echoed, startApp } from "../../tools/app.ts";
import { exchange, parseResponse } from "../../tools/raw-http.ts";
import { type ShopConfig, startShop } from "../../tools/shop.ts";
import { Tidy } from "../../tools/tidy.ts";

const tidy = new Tidy();
const rules = { redirects: [] };

/** What the application hears of a request with these header lines. */
async function heard(lines: readonly string[], config: ShopConfig = {}, target = "/"): Promise<Echoed> {
  const app = await startApp(tidy);
  const { port } = await startShop(tidy, { upstream: app.url, ...config }, { rules });
  const head = [`GET ${target} HTTP/1.1`, ...lines, "", ""].join("\r\n");
  return JSON.parse(parseResponse(await exchange(port, head)).body) as Echoed;
}

describe("of a request", () => {
  test("those of this hop stay here, also those that `Connection` names", async () => {
    const { headers } = await heard([
      "Host: a.example",
      "Connection: close, X-Hop , Host, Content-Length",
      "X-Hop: 1",
      "Keep-Alive: timeout=5",
      "Proxy-Connection: keep-alive",
      "Proxy-Authorization: Basic eDp5",
      "TE: trailers",
      "Upgrade: h2c",
      "X-End: kept",
    ]);
    expect(headers).toMatchObject({ host: "a.example", "x-end": "kept", connection: "keep-alive" });
    for (const name of ["x-hop", "keep-alive", "proxy-connection", "proxy-authorization", "te", "upgrade"])
      expect(headers).not.toHaveProperty(name);
  });

  test("the others arrive as they are: spelling, order, doubles and bytes", async () => {
    const lines = ["x-LoWer: 1", "X-Twice: a", "X-Twice: b", "X-Bytes: caf\xe9", "Cookie: a=1; b=2"];
    const { raw } = await heard(["Host: x", ...lines, "Connection: close"]);
    const own = raw.flatMap((name, i) =>
      i % 2 === 0 && /^(?:x-[^f]|cookie)/i.test(name) ? `${name}: ${raw[i + 1]}` : [],
    );
    expect(own).toEqual(lines);
  });

  const SAID = [
    "Host: shop.example:8443",
    "X-Forwarded-For: 192.0.2.1",
    "X-Forwarded-For: 192.0.2.2",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Host: www.example",
    "X-Forwarded-Port: 443",
    "Forwarded: for=192.0.2.1",
    "Connection: close",
  ];

  test("X-Forwarded-* are written anew", async () => {
    const { headers } = await heard(SAID);
    expect(headers).toMatchObject({
      host: "shop.example:8443",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-proto": "http",
      "x-forwarded-host": "shop.example:8443",
    });
    expect(headers).not.toHaveProperty("x-forwarded-port");
    expect(headers).not.toHaveProperty("forwarded");
  });

  test("X-Forwarded-* are kept and extended where callers are trusted", async () => {
    const { headers } = await heard(SAID, { trust_forwarded: true });
    expect(headers).toMatchObject({
      "x-forwarded-for": "192.0.2.1, 192.0.2.2, 127.0.0.1",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "www.example",
      "x-forwarded-port": "443",
      forwarded: "for=192.0.2.1",
    });
  });

  test("where nothing is said, there is nothing to trust", async () => {
    const { headers } = await heard(["Host: x", "Connection: close"], { trust_forwarded: true });
    expect(headers).toMatchObject({
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-proto": "http",
      "x-forwarded-host": "x",
    });
  });

  test("the host of a whole URL as target comes before the Host header", async () => {
    const { url, headers } = await heard(
      ["Host: b.example", "Connection: close"],
      {},
      "http://a.example/x?y",
    );
    expect([url, headers.host, headers["x-forwarded-host"]]).toEqual(["/x?y", "a.example", "a.example"]);
  });
});

describe("of an answer", () => {
  test("those of this hop stay here, the others arrive as they are", async () => {
    const app = await startApp(tidy, ({ socket }) => {
      const lines = [
        "HTTP/1.1 200 Quite Good",
        "Connection: X-Hop, keep-alive",
        "X-Hop: 1",
        "Keep-Alive: timeout=5",
        "Date: Thu, 01 Jan 1970 00:00:00 GMT",
        "Set-Cookie: a=1",
        "Set-Cookie: b=2",
        "x-LoWer: caf\xe9",
        "Content-Length: 2",
      ];
      socket.write(`${lines.join("\r\n")}\r\n\r\nok`, "latin1");
    });
    const { port } = await startShop(tidy, { upstream: app.url }, { rules });
    const text = await exchange(port, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect(text.split("\r\n")).toEqual([
      "HTTP/1.1 200 Quite Good",
      "Date: Thu, 01 Jan 1970 00:00:00 GMT",
      "Set-Cookie: a=1",
      "Set-Cookie: b=2",
      "x-LoWer: caf\xe9",
      "Content-Length: 2",
      "Connection: close",
      "",
      "ok",
    ]);
  });

  test("informational answers are about the next hop, and stay there", async () => {
    const app = await startApp(tidy, (_, response) => {
      response.writeEarlyHints({ link: "</a.css>; rel=preload" });
      response.end("then");
    });
    const { port } = await startShop(tidy, { upstream: app.url }, { rules });
    const text = await exchange(port, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(text).not.toContain("103");
  });
});

import { once } from "node:events";
import { connect } from "node:net";
import { beforeAll, describe, expect, test } from "vitest";
import { startApp } from "../tools/app.ts";
import { exchange } from "../tools/raw-http.ts";
import { startShop } from "../tools/shop.ts";
import { Tidy } from "../tools/tidy.ts";

const tidy = new Tidy("all");
const rules = { redirects: [{ source: "/old", target: "/new" }] };

/** What the application was asked for. */
const seen: (string | undefined)[] = [];
let upstream = "";

beforeAll(async () => {
  const app = await startApp(tidy, (request, response) => {
    seen.push(request.url);
    request.resume().on("end", () => response.end("app"));
  });
  upstream = app.url;
});

/** Everything that is said to these bytes, until nobody listens any more. */
async function said(port: number, bytes: string): Promise<string> {
  const socket = connect(port, "127.0.0.1", () => socket.end(bytes, "latin1"));
  let text = "";
  socket
    .on("error", () => {})
    .on("data", (chunk) => {
      text += chunk.toString("latin1");
    });
  await once(socket, "close");
  return text;
}

const SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

/** Heads that two servers could read in two ways: what comes after is a body to one and a request to the other. */
const HEADS: [string, string][] = [
  ["length, then chunks", "Content-Length: 5\r\nTransfer-Encoding: chunked"],
  ["chunks, then length", "Transfer-Encoding: chunked\r\nContent-Length: 5"],
  ["two lengths", "Content-Length: 5\r\nContent-Length: 40"],
  ["one length twice", "Content-Length: 5\r\nContent-Length: 5"],
  ["a list of lengths", "Content-Length: 5, 5"],
  ["a length with a sign", "Content-Length: +5"],
  ["a length below zero", "Content-Length: -5"],
  ["a length in hex", "Content-Length: 0x5"],
  ["a length without end", "Content-Length: 99999999999999999999"],
  ["an empty length", "Content-Length:"],
  ["a coding that is not chunked", "Transfer-Encoding: xchunked"],
  ["chunked, but not last", "Transfer-Encoding: chunked, identity"],
  ["chunked in quotes", 'Transfer-Encoding: "chunked"'],
  ["two codings", "Transfer-Encoding: identity\r\nTransfer-Encoding: cow"],
  ["a vertical tab before chunked", "Transfer-Encoding: \x0bchunked"],
  ["a space before the colon", "Transfer-Encoding : chunked"],
  ["a bare line feed", "X: a\nTransfer-Encoding: chunked"],
  ["a bare carriage return", "X: a\rTransfer-Encoding: chunked"],
  ["a NUL", "X: a\0b\r\nContent-Length: 5"],
  ["a line without a colon", "Transfer-Encoding\r\nContent-Length: 5"],
  ["a space before the first header", " Transfer-Encoding: chunked"],
];

const CHUNKS: [string, string][] = [
  ["a size that is none", "zz\r\n"],
  ["a size in the other form of hex", "0x5\r\nabcde\r\n"],
  ["a size without end", "fffffffffffffffff\r\n"],
  ["a size with a sign", "+5\r\nabcde\r\n"],
  ["a size that ends in a bare line feed", "5\nabcde\r\n"],
  ["more than it says", "2\r\nabcde\r\n"],
];

describe.each([
  ["with the fast lane", {}],
  ["without it", { debug: true }],
])("a request hidden in another one, %s", (_, config) => {
  let port = 0;
  beforeAll(async () => {
    port = (await startShop(tidy, { upstream, ...config }, { rules })).port;
  });

  describe.each(["/old", "/app"])("at %s", (path) => {
    test.each(HEADS)("by %s is refused, and nobody is asked", async (_, head) => {
      seen.length = 0;
      const text = await said(
        port,
        `POST ${path} HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n0\r\n\r\n${SMUGGLED}`,
      );
      expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 400"]);
      expect(seen).toEqual([]);
    });

    // The head is in order, so it may be answered, or handed on, before the fault is known.
    test.each(CHUNKS)("by chunks with %s gets no further than the fault", async (_, chunks) => {
      seen.length = 0;
      const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`;
      const text = await said(port, `${head}${chunks}${SMUGGLED}`);
      expect(text.match(/(?<=HTTP\/1\.1 )\d+/g)?.filter((status) => status === "200") ?? []).toEqual([]);
      expect(seen).not.toContain("/smuggled");
    });
  });

  test("is no secret where it stands openly: it is the next one", async () => {
    seen.length = 0;
    const open = "GET /app HTTP/1.1\r\nHost: x\r\n\r\n";
    await exchange(port, `${open}${SMUGGLED.replace("Host", "Connection: close\r\nHost")}`);
    expect(seen).toEqual(["/app", "/smuggled"]);
  });
});

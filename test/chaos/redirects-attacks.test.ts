import { beforeAll, describe, expect, test } from "vitest";
import { startApp } from "../tools/app.ts";
import { exchange, parseResponse } from "../tools/raw-http.ts";
import { startShop } from "../tools/shop.ts";
import { Tidy } from "../tools/tidy.ts";

const tidy = new Tidy("all");
const rules = {
  redirects: [
    { source: "/old", target: "/new" },
    { source: "/split", target: "/a\r\nX-Evil: 1\r\n\r\n<script>" },
    { type: "REGEX", source: "^/copy/(.*)$", target: "https://b.example/$1" },
    { type: "REGEX", source: "^/path(/.*)$", target: "$1" },
  ],
};

describe.each([
  ["with the fast lane", {}],
  ["without it", { debug: true }],
])("%s", (_, config) => {
  let port = 0;
  let asked = 0;

  beforeAll(async () => {
    const app = await startApp(tidy, (_request, response) => {
      asked++;
      response.end("app");
    });
    port = (await startShop(tidy, { upstream: app.url, ...config }, { rules })).port;
  });

  const ask = (target: string, headers = "Host: x\r\n") =>
    exchange(port, `GET ${target} HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`);
  const statusOf = (text: string) => parseResponse(text).status;

  test.each([
    ["a target with line ends", "/split", "/a  X-Evil: 1    <script>"],
    [
      "encoded line ends that a rule copies",
      "/copy/%0d%0aX-Evil:%201",
      "https://b.example/%0d%0aX-Evil:%201",
    ],
  ])("%s: one header comes of it", async (_name, target, location) => {
    const text = await ask(target);
    const head = text.slice(0, text.indexOf("\r\n\r\n"));
    expect(head).not.toMatch(/^x-evil/im);
    expect(parseResponse(text).headers["location"]).toBe(location);
  });

  test("line ends in the host of a whole URL reach no header", async () => {
    const text = await ask("http://a%0d%0aX-Evil:1/old");
    expect(text).not.toMatch(/^x-evil/im);
    expect([301, 400]).toContain(statusOf(text));
  });

  test.each([
    ["bad escapes", "/%zz"],
    ["half an escape", "/a%2"],
    ["a space", "/a b"],
    ["a tab", "/a\tb"],
    ["a NUL", "/a\0b"],
    ["DEL", "/a\x7fb"],
    ["a bare carriage return", "/a\rb"],
    ["a bare line feed", "/a\nb"],
    ["no path at all", "old"],
    ["an empty target", ""],
  ])("a target with %s is 400, and nobody is asked", async (_name, target) => {
    const before = asked;
    expect(statusOf(await ask(target))).toBe(400);
    expect(asked).toBe(before);
  });

  test.each([
    ["a second one", "Host: x\r\nHost: y\r\n"],
    ["none", ""],
    ["a slash", "Host: x/y\r\n"],
    ["a user", "Host: a@x\r\n"],
    ["a space", "Host: x y\r\n"],
    ["a bracket of HTML", "Host: <x>\r\n"],
    ["bytes beyond ASCII", "Host: x\xe9\r\n"],
  ])("a host with %s is 400, and nobody is asked", async (_name, headers) => {
    const before = asked;
    expect(statusOf(await ask("/old", headers))).toBe(400);
    expect(statusOf(await ask("/app", headers))).toBe(400);
    expect(asked).toBe(before);
  });

  test("a URL that fits is matched to its last byte, one that does not is 431", async () => {
    const long = "x".repeat(12_000);
    expect(parseResponse(await ask(`/copy/${long}`)).headers["location"]).toBe(`https://b.example/${long}`);
    for (const bytes of [20_000, 200_000]) {
      expect(statusOf(await ask(`/copy/${"x".repeat(bytes)}`))).toBe(431);
      expect(statusOf(await ask("/old", `Host: x\r\nCookie: ${"x".repeat(bytes)}\r\n`))).toBe(431);
    }
  });

  test("headers without number are 431", async () => {
    const many = Array.from({ length: 3_000 }, (_entry, i) => `X-${i}: 1\r\n`).join("");
    expect(statusOf(await ask("/old", `Host: x\r\n${many}`))).toBe(431);
  });

  test.each([
    "CONNECT x:80",
    "FLY /old",
    "get /old",
    "GET/old",
    "GET /old HTTP/9.9\r\nX:",
    "\x16\x03\x01\x02",
  ])("%j is refused or not answered, and does no harm", async (line) => {
    const text = await exchange(port, `${line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(text === "" ? 400 : statusOf(text)).toBe(400);
    expect(statusOf(await ask("/old"))).toBe(301);
  });
});

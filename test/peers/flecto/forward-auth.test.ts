import { beforeAll, describe, expect, test } from "vitest";
import { type App, type Echoed, startApp } from "../../tools/app.ts";
import { startCaddy, startNginx } from "../../tools/fronts.ts";
import { describeWith } from "../../tools/needs.ts";
import { exchange, parseResponse, type RawResponse } from "../../tools/raw-http.ts";
import { startShop } from "../../tools/shop.ts";
import { Tidy } from "../../tools/tidy.ts";

const rules = {
  redirects: [
    { source: "/moved", target: "/new", status: 301 },
    { source: "/found", target: "https://elsewhere.example/x?y=1&z=%20", status: 302 },
    { source: "/temporary", target: "/new/", status: 307 },
    { source: "/permanent", target: "//other.example/new", status: 308 },
    { source: "/gone", status: 410 },
    { source: "/forbidden-by-law", status: 451 },
    { type: "BASIC_HOST", source: "shop.example:8443/x", target: "https://shop.example/y" },
    { type: "REGEX", source: "^/blog/([0-9]+)\\?from=(.*)$", target: "/articles/$1?was=$2" },
    { source: "/a%2fb//c?d=%7e", target: "/raw", status: 301 },
    { source: "/relative/old", target: "new", status: 302 },
  ],
  pages: [{ path: "/robots.txt", content: "ours\n" }],
};

const FRONTS = [
  ["nginx", startNginx],
  ["caddy", startCaddy],
] as const;

describe.each(FRONTS)("behind a real %s, with the file of deploy/", (program, start) => {
  describeWith(program)("it", () => {
    const tidy = new Tidy("all");
    let app: App;
    let port = 0;

    beforeAll(async () => {
      app = await startApp(tidy);
      const shop = await startShop(tidy, { forward_auth: true, cache_control: "max-age=60" }, { rules });
      port = await start(tidy, { outrider: shop.port, app: app.port });
    });

    const ask = async (request: string, headers = "Host: shop.example\r\n"): Promise<RawResponse> =>
      parseResponse(await exchange(port, `${request} HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`));
    const echoed = ({ body }: RawResponse) => JSON.parse(body) as Echoed;

    test.each([
      ["/moved", 301, "/new"],
      ["/found", 302, "https://elsewhere.example/x?y=1&z=%20"],
      ["/temporary", 307, "/new/"],
      ["/permanent", 308, "//other.example/new"],
      ["/blog/7?from=a%26b", 301, "/articles/7?was=a%26b"],
      ["/a%2fb//c?d=%7e", 301, "/raw"],
      ["/relative/old", 302, "/relative/new"],
    ])("hands a redirect on as it is: %s is %i %s", async (path, status, location) => {
      for (const method of ["GET", "HEAD", "POST"]) {
        const { headers, status: got } = await ask(`${method} ${path}`);
        expect([got, headers["location"], headers["cache-control"]]).toEqual([
          status,
          location,
          "max-age=60",
        ]);
      }
    });

    test.each([
      ["/gone", 410, "410 Gone\n"],
      ["/forbidden-by-law", 451, "451 Unavailable For Legal Reasons\n"],
    ])("hands the end of a URL on: %s is %i", async (path, status, body) => {
      expect(await ask(`GET ${path}`)).toMatchObject({ status, body });
    });

    test("asks with the host as received, port and all", async () => {
      const there = await ask("GET /x", "Host: shop.example:8443\r\n");
      expect(there.headers["location"]).toBe("https://shop.example/y");
      expect(echoed(await ask("GET /x", "Host: shop.example\r\n")).url).toBe("/x");
    });

    test("what matches nothing reaches the application, whole", async () => {
      const body = "0123456789".repeat(50_000);
      const headers = `Host: shop.example\r\nX-Mine: 1\r\nContent-Length: ${body.length}\r\nConnection: close`;
      const text = await exchange(port, `PUT /deep/er?q=%20 HTTP/1.1\r\n${headers}\r\n\r\n${body}`);
      const seen = echoed(parseResponse(text));
      expect(seen).toMatchObject({ method: "PUT", url: "/deep/er?q=%20", headers: { "x-mine": "1" } });
      expect(seen.body === body).toBe(true);
      // A question that announces a body without sending it would swallow the next one.
      expect((await ask("GET /moved")).status).toBe(301);
    });

    test.each([401, 403, 404, 500, 502])("an answer %i of the application is its own", async (status) => {
      const answer = await ask(`GET /status/${status}`);
      expect(answer.status).toBe(status);
      expect(echoed(answer).url).toBe(`/status/${status}`);
    });

    test("a page is left to the application: to a proxy, 200 means to go on", async () => {
      expect(echoed(await ask("GET /robots.txt")).url).toBe("/robots.txt");
    });

    test("nobody can ask about another request than his own", async () => {
      const lies = ["X-Forwarded-Uri", "X-Original-URI"].map((name) => `${name}: /moved\r\n`).join("");
      const hosts = ["X-Forwarded-Host", "X-Original-Host"].map((name) => `${name}: a.example\r\n`).join("");
      const { url } = echoed(await ask("GET /stays", `Host: shop.example\r\n${lies}${hosts}`));
      expect(url).toBe("/stays");
      const there = await ask("GET /x", `Host: shop.example:8443\r\n${lies}${hosts}`);
      expect(there.headers["location"]).toBe("https://shop.example/y");
    });

    test("what is asked about cannot be asked for directly", async () => {
      for (const path of ["/outrider-decides", "/outrider/forward-auth", "/outrider/forward-auth/nginx"])
        expect((await ask(`GET ${path}`)).headers).not.toHaveProperty("x-outrider-status");
    });
  });
});

import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { deployed } from "../../tools/fronts.ts";
import { exchange, parseResponse, type RawResponse } from "../../tools/raw-http.ts";
import { startShop } from "../../tools/shop.ts";
import { Tidy } from "../../tools/tidy.ts";

const tidy = new Tidy("all");
const rules = {
  redirects: [
    { source: "/old", target: "/new?a=1", status: 307 },
    { source: "/away", target: "https://b.example/" },
    { source: "/beside", target: "//c.example/x" },
    { source: "/gone", status: 410 },
    { type: "BASIC_HOST", source: "a.example:8443/x", target: "/there" },
  ],
  pages: [{ path: "/robots.txt", content: "ours\n" }],
};
let port = 0;

beforeAll(async () => {
  port = (await startShop(tidy, { forward_auth: true }, { rules })).port;
});

type Headers = Readonly<Record<string, string>>;

async function ask(path: string, headers: Headers): Promise<RawResponse> {
  const lines = Object.entries({ Host: "outrider", ...headers, Connection: "close" });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return parseResponse(await exchange(port, `GET ${path} HTTP/1.1\r\n${head}\r\n`));
}

interface Dynamic {
  http: {
    routers: Record<string, { middlewares: string[]; service: string; rule: string }>;
    middlewares: Record<string, { forwardAuth: { address: string; trustForwardHeader: boolean } }>;
    services: Record<string, { loadBalancer: { servers: { url: string }[] } }>;
  };
}

describe("Traefik, at the address in deploy/traefik.yaml (played by the headers that it sends)", () => {
  const { routers, middlewares, services } = (
    parse(deployed("traefik.yaml", { outrider: 1, app: 2 })) as Dynamic
  ).http;
  const address = new URL(middlewares["redirects"]!.forwardAuth.address);
  const forwarded = (uri: string, more: Headers = {}) =>
    ask(address.pathname, {
      "X-Forwarded-Method": "GET",
      "X-Forwarded-Proto": "https",
      "X-Forwarded-Host": "a.example:8443",
      "X-Forwarded-Uri": uri,
      "X-Forwarded-For": "192.0.2.1",
      ...more,
    });

  test("the file hangs together: router, middleware, service, and our port", () => {
    const router = routers["app"]!;
    expect(router).toMatchObject({ middlewares: ["redirects"], service: "app" });
    expect(Object.keys(middlewares)).toEqual(["redirects"]);
    expect(services["app"]?.loadBalancer.servers).toEqual([{ url: "http://127.0.0.1:2" }]);
    expect(address.host).toBe("127.0.0.1:1");
  });

  // Traefik resolves what is no whole URL against the address that it asked, which no visitor can reach.
  test.each([
    ["/old", 307, "https://a.example:8443/new?a=1"],
    ["/x", 301, "https://a.example:8443/there"],
    ["/away", 301, "https://b.example/"],
    ["/beside", 301, "https://c.example/x"],
  ])("is given whole URLs: %s is %i %s", async (uri, status, location) => {
    const answer = await forwarded(uri);
    expect([answer.status, answer.headers["location"]]).toEqual([status, location]);
  });

  test.each([
    ["http", "http"],
    ["ws", "http"],
    ["wss", "https"],
    ["javascript", "http"],
  ])("a question that came by %s is answered with %s", async (proto, scheme) => {
    const { headers } = await forwarded("/old", { "X-Forwarded-Proto": proto });
    expect(headers["location"]).toBe(`${scheme}://a.example:8443/new?a=1`);
  });

  test("without a usable host the path stays a path", async () => {
    const { headers } = await forwarded("/old", { "X-Forwarded-Host": "a/b@c" });
    expect(headers["location"]).toBe("/new?a=1");
  });

  test("lets pass what matches nothing, pages and malformed paths; the rest has its end", async () => {
    for (const uri of ["/other", "/robots.txt", "/%zz"]) expect((await forwarded(uri)).status).toBe(204);
    expect((await forwarded("/gone")).status).toBe(410);
  });

  test("a redirect of another method has no body", async () => {
    expect((await forwarded("/old", { "X-Forwarded-Method": "POST" })).body).toBe("");
    expect((await forwarded("/old")).body).toContain("Temporary Redirect");
  });
});

describe("each dialect", () => {
  test.each([
    ["/outrider/forward-auth", "x-forwarded-uri"],
    ["/outrider/forward-auth/traefik", "x-forwarded-uri"],
    ["/outrider/forward-auth/nginx", "x-original-uri"],
  ])("%s says which header is missing", async (path, header) => {
    const others = { "X-Forwarded-Uri": "/old", "X-Original-URI": "/old" };
    const left = Object.entries(others).filter(([name]) => name.toLowerCase() !== header);
    const { status, body } = await ask(path, Object.fromEntries(left));
    expect([status, body]).toEqual([400, `the header ${header} is missing; see the guide for this proxy\n`]);
  });

  test("has its path for itself, and what is beside it is an ordinary request", async () => {
    const headers = { "X-Forwarded-Uri": "/old", "X-Original-URI": "/old" };
    for (const path of ["/outrider/forward-auth/", "/outrider/forward-auth/caddy", "/old/nginx"])
      expect((await ask(path, headers)).status).toBe(404);
  });

  test("may have another path", async () => {
    const { agent, port: own } = await startShop(tidy, { forward_auth: { path: "/ask" } }, { rules });
    expect(agent.config.forward_auth).toEqual({ path: "/ask" });
    const head = "Host: x\r\nX-Forwarded-Uri: /old\r\nConnection: close\r\n\r\n";
    expect(parseResponse(await exchange(own, `GET /ask?x=1 HTTP/1.1\r\n${head}`)).status).toBe(307);
  });
});

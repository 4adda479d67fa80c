import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { ask, sentTo } from "../../tools/ask.ts";
import { startManaged, startManager } from "../../tools/managed-shop.ts";
import { type ShopConfig, startShop } from "../../tools/shop.ts";
import { Tidy } from "../../tools/tidy.ts";

const tidy = new Tidy();
const text = "User-agent: *\n".repeat(500);
const rules = {
  redirects: [
    { source: "/old", target: "/new" },
    { source: "/slash/", target: "/new" },
    { source: "/p?id=1", target: "/product" },
    { source: "docs.example.com/a", target: "https://docs.example/" },
    { source: "/caf%C3%A9", target: "/coffee" },
    { source: "/tidy/path", target: "/tidied" },
    { type: "REGEX", source: "^/(en|es)/old$", target: "/$1/new" },
    { type: "REGEX", source: "^/shop/(item-[0-9]+)\\.html$", target: "/items/$1" },
    { type: "REGEX", source: "^/go(/.*)$", target: "$1" },
  ],
  pages: [{ path: "/robots.txt", content: text }],
};

async function served(config: ShopConfig): Promise<number> {
  return (await startShop(tidy, config, { rules })).port;
}

type Case = readonly [option: ShopConfig, target: string, host: string, without: string, within: string];

const cases: readonly Case[] = [
  [{ matching: "fixed" }, "/es/old", "h", "404", "301 /es/new"],
  [{ matching: "fixed" }, "/shop/item-42.html", "h", "404", "301 /items/item-42"],
  [{ query: "ignore" }, "/old?x=1", "h", "404", "301 /new"],
  [{ query: "ignore" }, "/p?id=1", "h", "301 /product", "301 /product"],
  [{ query: "preserve" }, "/old?x=1", "h", "404", "301 /new?x=1"],
  [{ query: "strip-tracking" }, "/old?utm_source=mail", "h", "404", "301 /new"],
  [{ query: "strip-tracking" }, "/p?gclid=7&id=1", "h", "404", "301 /product"],
  [{ query: "strip-tracking" }, "/old?x=1", "h", "404", "404"],
  [{ host: "normalised" }, "/a", "DOCS.example.com.:80", "404", "301 https://docs.example/"],
  [{ host: "normalised" }, "/a", "docs.example.com:8443", "404", "404"],
  [{ trailing_slash: "ignore" }, "/old/", "h", "404", "301 /new"],
  [{ trailing_slash: "ignore" }, "/slash", "h", "404", "301 /new"],
  [{ case: "ignore" }, "/OLD", "h", "404", "301 /new"],
  [{ path_normalization: "traefik" }, "/caf%c3%a9", "h", "404", "301 /coffee"],
  [{ path_normalization: "traefik" }, "/tidy//x/../path", "h", "404", "301 /tidied"],
  [{ guard: true }, "/go//evil.example/x", "h", "301 //evil.example/x", "404"],
  [{ guard: true }, "/go/on", "h", "301 /on", "301 /on"],
];

describe("an option changes what it says, and only where it is switched on", () => {
  it.each(cases)("%j: %s for %s", async (option, target, host, without, within) => {
    const [plain, bent] = [await served({}), await served(option)];
    expect([await sentTo(plain, target, host), await sentTo(bent, target, host)]).toEqual([without, within]);
  });

  it("also for the rules of a Manager", async () => {
    const redirects = [{ type: "REGEX", source: "^/(en|es)/old$", target: "/$1/new", status: "FOUND" }];
    const manager = await startManager(tidy, { redirects });
    const start = (config: ShopConfig) =>
      startManaged(tidy, manager, {}, { timeout: 10_000, listen: true, config });
    const [peer, ours] = [await start({}), await start({ matching: "fixed", query: "ignore" })];
    expect(await sentTo(peer.port, "/es/old?x=1")).toBe("404");
    expect(await sentTo(ours.port, "/es/old?x=1")).toBe("302 /es/new");
  });
});

describe("pages", () => {
  it("without options are as the peer sends them", async () => {
    const { status, headers, body } = await ask(await served({}), "/robots.txt", {
      headers: { "accept-encoding": "br", "if-none-match": "*" },
    });
    expect(body).toBe(text);
    expect(status).toBe(200);
    expect(Object.keys(headers).sort()).toEqual(["connection", "content-length", "content-type", "date"]);
  });

  it("with `etag` are not sent twice", async () => {
    const port = await served({ etag: true });
    const { etag = "" } = (await ask(port, "/robots.txt")).headers;
    const again = await ask(port, "/robots.txt", { headers: { "if-none-match": etag } });
    expect(again).toMatchObject({ status: 304, headers: { etag }, body: "" });
    expect(await ask(port, "/robots.txt", { headers: { "if-none-match": '"other"' } })).toMatchObject({
      status: 200,
      body: text,
    });
  });

  it.each([
    ["br", brotliDecompressSync],
    ["gzip", gunzipSync],
  ])("with `compress` are sent as %s to who takes it", async (coding, expand) => {
    const port = await served({ compress: true });
    const headers = { "accept-encoding": coding };
    const answer = await ask(port, "/robots.txt", { headers });
    expect(answer.headers).toMatchObject({ "content-encoding": coding, vary: "Accept-Encoding" });
    expect(expand(Buffer.from(answer.body, "latin1")).toString()).toBe(text);
    const head = await ask(port, "/robots.txt", { headers, method: "HEAD" });
    expect(head).toMatchObject({ status: 200, body: "" });
    expect(head.headers["content-length"]).toBe(String(answer.body.length));
  });

  it("have the charset and the caching that are configured; redirects have the caching", async () => {
    const port = await served({ charset: "utf-8", cache_control: "max-age=60" });
    expect((await ask(port, "/robots.txt")).headers).toMatchObject({
      "content-type": "text/plain; charset=utf-8",
      "cache-control": "max-age=60",
    });
    expect((await ask(port, "/old")).headers["cache-control"]).toBe("max-age=60");
    expect((await ask(port, "/none")).headers).not.toHaveProperty("cache-control");
  });
});

describe("a target with raw bytes beyond ASCII is matched", () => {
  it.each<ShopConfig>([{}, { debug: true }, { forward_auth: true }])("with %j", async (option) => {
    const port = await served(option);
    expect(await sentTo(port, "/caf\xc3\xa9")).toBe("301 /coffee");
  });
});

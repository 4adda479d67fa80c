import { describe, expect, it } from "vitest";
import {
  append,
  type Block,
  type Case,
  fifo,
  hit,
  priority,
  set,
  through,
} from "../../../../../test/tools/martian.ts";
import type { Headers } from "../headers.ts";

describe("on the request", () => {
  const headers = (given: Headers) => ({ request: { headers: given } });
  const url = (text: string) => ({ request: { url: text } });

  it.each<[string, Block, Case, Headers]>([
    ["A01 sets a header", set("content-type", "a/b"), {}, { "Content-Type": ["a/b"] }],
    [
      "A02 runs in order",
      fifo(set("X-A", "1"), append("X-A", "2"), { "header.Copy": { from: "X-A", to: "X-B" } }),
      {},
      { "X-A": ["1", "2"], "X-B": ["1"] },
    ],
    ["copies nothing as an empty text", { "header.Copy": { from: "X-A", to: "X-B" } }, {}, { "X-B": [""] }],
    ["copies the Host", { "header.Copy": { from: "host", to: "X-B" } }, {}, { "X-B": ["b0.test"] }],
    ["sets the Host", set("host", "x.test"), {}, { Host: ["x.test"] }],
    [
      "deletes",
      { "header.Blacklist": { names: ["x-a", "X-C"] } },
      headers({ "X-A": ["1"], "X-B": ["2"] }),
      { "X-B": ["2"] },
    ],
    [
      "A08 keeps an id",
      { "header.Id": {} },
      headers({ "X-Krakend-Id": ["own"] }),
      { "X-Krakend-Id": ["own"] },
    ],
    [
      "A10 filters by regex",
      { "header.RegexFilter": { header: "X-A", regex: "^v[0-9]$", modifier: hit } },
      headers({ "X-A": ["v1"] }),
      { "X-A": ["v1"], "X-Hit": ["1"] },
    ],
    [
      "has no hit without the header",
      { "header.RegexFilter": { header: "X-A", regex: ".*", modifier: hit } },
      {},
      {},
    ],
    [
      "knows no else of a regex",
      { "header.RegexFilter": { header: "X-A", regex: "b", modifier: hit, else: hit } },
      headers({ "X-A": ["a"] }),
      { "X-A": ["a"] },
    ],
    [
      "A11 does else",
      { "header.Filter": { name: "X-A", value: "1", modifier: hit, else: set("X-Hit", "no") } },
      {},
      { "X-Hit": ["no"] },
    ],
    [
      "filters by any value",
      { "header.Filter": { name: "X-A", value: "2", modifier: hit } },
      headers({ "X-A": ["1", "2"] }),
      { "X-A": ["1", "2"], "X-Hit": ["1"] },
    ],
    [
      "A12 sorts by priority",
      priority([1, append("X-A", "low")], [9, append("X-A", "high")]),
      {},
      { "X-A": ["high", "low"] },
    ],
    [
      "takes the last of equals first",
      priority([1, append("X-A", "a")], [1, append("X-A", "b")], [1, append("X-A", "c")]),
      {},
      { "X-A": ["c", "b", "a"] },
    ],
    ["A14 filters by path", { "url.Filter": { path: "/in", modifier: hit } }, {}, { "X-Hit": ["1"] }],
    ["filters by label", { "url.Filter": { host: "*.test", modifier: hit } }, {}, { "X-Hit": ["1"] }],
    [
      "does not take two labels for one",
      { "url.Filter": { host: "*.test", modifier: hit } },
      url("http://a.b.test/"),
      {},
    ],
    [
      "filters by all parts",
      { "url.Filter": { scheme: "http", query: "a=1", modifier: hit, else: set("X-Hit", "no") } },
      url("http://b0.test/?a=2"),
      { "X-Hit": ["no"] },
    ],
    [
      "filters by the whole URL",
      { "url.RegexFilter": { regex: "^http://.*\\?a$", modifier: hit } },
      url("http://b0.test/in?a"),
      { "X-Hit": ["1"] },
    ],
    [
      "A16 stashes the URL",
      { "stash.Modifier": { headerName: "X-Url" } },
      {},
      { "X-Url": ["http://b0.test/in"] },
    ],
    [
      "filters by query",
      { "querystring.Filter": { name: "a b", value: "1", modifier: hit } },
      url("http://b0.test/?a+b=0&a%20b=1"),
      { "X-Hit": ["1"] },
    ],
    [
      "filters by any query value",
      { "querystring.Filter": { name: "a", modifier: hit } },
      url("http://b0.test/?a"),
      { "X-Hit": ["1"] },
    ],
    [
      "filters by default port",
      { "port.Filter": { port: 443, modifier: hit } },
      url("https://b0.test/"),
      { "X-Hit": ["1"] },
    ],
    [
      "adds cookies",
      fifo(
        { "cookie.Modifier": { name: "a", value: "x y" } },
        { "cookie.Modifier": { name: "b", value: 'q";\\' } },
      ),
      {},
      { Cookie: ['a="x y"; b=q'] },
    ],
    [
      "filters by cookie",
      { "cookie.Filter": { name: "b", value: "2", modifier: hit } },
      headers({ Cookie: ['a=1; b="2"'] }),
      { Cookie: ['a=1; b="2"'], "X-Hit": ["1"] },
    ],
    ["does nothing with a verifier", { "status.Verifier": { statusCode: 200 } }, {}, {}],
    ["has scopes", set("X-A", "1", ["response"]), {}, {}],
    ["has no scope at all", set("X-A", "1", []), {}, {}],
    [
      "is silenced by the scope of a group",
      { "fifo.Group": { scope: ["response"], modifiers: [hit] } },
      {},
      {},
    ],
    [
      "reads names in any case",
      { "header.Modifier": { NAME: "X-A", Value: "1", scope: null } },
      {},
      { "X-A": ["1"] },
    ],
  ])("%s", async (_, block, given, expected) =>
    expect((await through(block, given)).sent.headers).toEqual(expected),
  );

  it.each<[string, Block, string, string]>([
    [
      "A06 sets a query value",
      { "querystring.Modifier": { name: "k", value: "v w" } },
      "http://b0.test/in?z=1&a=2",
      "http://b0.test/in?a=2&k=v+w&z=1",
    ],
    [
      "A07 changes the path",
      { "url.Modifier": { path: "/ot her%" } },
      "http://b0.test/in?a",
      "http://b0.test/ot%20her%25?a",
    ],
    [
      "changes what is given",
      { "url.Modifier": { scheme: "https", query: "x" } },
      "http://b0.test/in",
      "https://b0.test/in?x",
    ],
    ["sets a port", { "port.Modifier": { port: 81 } }, "http://b0.test:80/", "http://b0.test:81/"],
    [
      "sets the scheme's port",
      { "port.Modifier": { defaultForScheme: true } },
      "https://b0.test/",
      "https://b0.test:443/",
    ],
    ["removes a port", { "port.Modifier": { remove: true } }, "http://[::1]:80/", "http://[::1]/"],
  ])("%s", async (_, block, before, after) =>
    expect((await through(block, { request: { url: before } })).sent.url).toBe(after),
  );

  it("A03 replaces the body", async () => {
    const block = {
      "body.Modifier": { scope: ["request"], contentType: "text/plain", body: "bmV3IGJvZHk=" },
    };
    const { sent } = await through(block, headers({ "Content-Encoding": ["gzip"] }));
    expect([sent.body.toString(), sent.headers]).toEqual(["new body", { "Content-Type": ["text/plain"] }]);
  });

  it("A08 makes an id", async () => {
    const { sent } = await through({ "header.Id": { header: "x-my" } });
    expect(sent.headers["X-My"]?.[0]).toMatch(
      /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/,
    );
  });

  it("keeps the Host when the URL gets another, but not when only its port changes", async () => {
    const { sent } = await through({ "url.Modifier": { host: "other.test" } });
    expect([sent.url, sent.headers]).toEqual(["http://other.test/in", { Host: ["b0.test"] }]);
    expect((await through({ "port.Modifier": { port: 1 } })).sent.headers).toEqual({ Host: ["b0.test:1"] });
  });

  it("fails where a header may stand only once", async () => {
    await expect(through(append("Host", "x"))).rejects.toMatchObject({ code: "item_refused" });
    const twice = {
      "fifo.Group": { aggregateErrors: true, modifiers: [append("Host", "x"), append("Host", "y"), hit] },
    };
    await expect(through(twice)).rejects.toThrow("multiple: Host\nillegal");
  });
});

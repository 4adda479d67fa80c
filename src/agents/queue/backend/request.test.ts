import { describe, expect, it } from "vitest";
import { Stage } from "../../../../test/tools/stage.ts";
import { Tidy } from "../../../../test/tools/tidy.ts";
import { config } from "../config/agent.ts";
import { type Event, plainEvent } from "../event.ts";
import { bare } from "../forward.ts";
import type { Answer, Call, Layer } from "./call.ts";
import { Hosts } from "./hosts.ts";
import { LosslessNumber } from "./json.ts";
import { balanced, building, headerFilter, newBody, newData, ownHeaders, queryFilter } from "./request.ts";
import { targetUrl } from "./target.ts";
import { textOf } from "./text.ts";

const tidy = new Tidy();
const { signal } = new AbortController();

function backend(given: object) {
  const to = [{ http: { url: "http://b" }, ...given }];
  return config.parse({ from: { file: { path: "x" } }, to }).to[0]!;
}

/** The call that arrives behind a layer. */
async function behind(
  layer: Layer | undefined,
  given: Partial<Call> & { event?: Event } = {},
): Promise<Call> {
  let seen: Call | undefined;
  const event = given.event ?? plainEvent(Buffer.from('{"id":7,"name":"a b"}'));
  await layer!(async (call) => {
    seen = call;
    return {} as Answer;
  })({ ...bare(event), ...given }, signal);
  return seen!;
}

describe("a call", () => {
  const safe = new Stage(tidy);
  const peer = new Stage(tidy, { profile: "krakend" });

  it("gets its method, and values in its path: escaped, or in the peer's way", async () => {
    const { http } = backend({ http: { url: "http://b", path: "/u/{body.name}/{{.Resp0_x}}/{resp0_x}" } });
    const params = { Resp0_x: "a/b" };
    expect(await behind(building(http!, safe), { params })).toMatchObject({
      method: "POST",
      path: "/u/a%20b/a%2Fb/a%2Fb",
    });
    expect(await behind(building(http!, peer), { params })).toMatchObject({
      method: "GET",
      path: "/u/{body.name}/a/b/{resp0_x}",
    });
  });

  it("gets the next host, with values of the event in it", async () => {
    const hosts = new Hosts(["http://{routing_key}.test"]);
    const event = { ...plainEvent(Buffer.alloc(0)), routingKey: "eu" };
    expect((await behind(balanced(hosts, safe), { event, path: "/x" })).url).toBe("http://eu.test/x");
  });

  it("fails where there is no host, and for what is no URL", async () => {
    const answer = (list: string[]) =>
      balanced(new Hosts(list), peer)(async () => ({}) as Answer)(bare(plainEvent(Buffer.alloc(0))), signal);
    expect((await answer([])).problem?.message).toBe("no hosts available");
    expect((await answer(["http://b:80in"])).problem?.code).toBe("item_refused");
  });

  it("keeps only the query and headers that it may, by exact name in the peer's way", async () => {
    const given = backend({ request: { allow_headers: ["x-a"], allow_query: ["q"] } });
    const call = { headers: { "X-A": ["1"], "X-B": ["2"] }, query: { q: ["1"], r: ["2"] } };
    expect((await behind(queryFilter(given), call)).query).toEqual({ q: ["1"] });
    expect((await behind(headerFilter(given, safe), call)).headers).toEqual({ "X-A": ["1"] });
    expect((await behind(headerFilter(given, peer), call)).headers).toEqual({});
  });

  it("gets headers of the configuration, and a new body", async () => {
    const given = backend({
      http: { url: "http://b", headers: { "x-id": "n{body.id}" } },
      request: { template: { id: "{body.id}", hello: "dear {body.name}" } },
    });
    expect((await behind(ownHeaders(given.http!))).headers).toEqual({ "X-Id": ["n7"] });
    const { body, headers } = await behind(newBody(given));
    expect([body.toString(), headers]).toEqual([
      '{"id":7,"hello":"dear a b"}',
      { "Content-Type": ["application/json"] },
    ]);
  });
});

it("an answer gets new data", async () => {
  const layer = newData(backend({ answer: { template: { was: "{data.n}", of: "{body.id}" } } }))!;
  const inner: Answer = { data: { n: new LosslessNumber("1.50") }, complete: true, status: 0, headers: {} };
  const { data } = await layer(async () => inner)(bare(plainEvent(Buffer.from('{"id":7}'))), signal);
  expect(`${data?.["was"]} ${data?.["of"]}`).toBe("1.50 7");
});

it.each([
  ["http://b/p", "?a=1", {}, "http://b/p?a=1"],
  ["http://b/a b{c}", "", {}, "http://b/a%20b%7Bc%7D"],
  ["http://b", "/%41?x=<nil>", {}, "http://b/%41?x=<nil>"],
  ["http://b/p", "?z=1", { b: ["2 3"], a: ["1"] }, "http://b/p?z=1&a=1&b=2+3"],
])("%s%s with %o is asked for as %s", (host, path, query, url) => {
  expect(targetUrl(host, { path, query })).toBe(url);
});

it.each(["b/p", "http://b/%zz", "http://b:port/"])("%s is no URL", (text) => {
  expect(() => targetUrl(text, { path: "", query: {} })).toThrow(TypeError);
});

it.each([
  [new LosslessNumber("1e3"), "1e3", "1e3"],
  [["a", new LosslessNumber("1"), null], "a,1,<nil>", "a,1,"],
  [null, "<nil>", ""],
  [{ b: [new LosslessNumber("1"), "x"], a: null }, "map[a:<nil> b:[1 x]]", '{"b":[1,"x"],"a":null}'],
  [true, "true", "true"],
])("%o is in a text of Go's %s, and of ours %s", (value, go, ours) => {
  expect([textOf(value, true), textOf(value, false)]).toEqual([go, ours]);
});

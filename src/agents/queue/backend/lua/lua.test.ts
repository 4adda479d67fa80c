import { describe, expect, it } from "vitest";
import { callOf } from "../../../../../test/tools/layers.ts";
import { data, ready, text } from "../../../../../test/tools/lua-layer.ts";

describe("recorded scripts", () => {
  it("L01: changes header and body", async () => {
    const run = await ready({
      pre: `local r=request.load(); r:headers('Content-Type','application/json'); r:body('{"w":'..r:body()..'}')`,
    });
    const { calls } = await run();
    expect(text(calls[0])).toBe('{"w":{"msg":"hello"}}');
    expect(calls[0]?.headers).toEqual({ "Content-Type": ["application/json"] });
  });

  it.each([
    ["L03", { pre: "custom_error('nope', 418)" }, "nope"],
    ["L13", { pre: "error('bad')" }, "bad (pre-script:L1)"],
    ["L16", { post: "custom_error('late', 500)" }, "late"],
  ])("%s: fails the event", async (_, given, message) => {
    const run = await ready(given);
    const { answer } = await run();
    expect(answer.problem).toMatchObject({ name: "RejectedProblem", code: "item_refused", message });
    expect(answer.data).toBeUndefined();
  });

  it("L05: skip makes an empty, incomplete answer", async () => {
    const run = await ready({
      skip: true,
      pre: "local x=1",
      post: "response.load():data():set('made',true)",
    });
    const { answer, calls } = await run();
    expect(answer).toMatchObject({ data: { made: true }, complete: false });
    expect(calls).toEqual([]);
  });

  it("L06: wraps all backends of an agent", async () => {
    const run = await ready(
      { pre: "request.load():headers('X-P','1')", post: "response.load():data():set('p',1)" },
      "agent",
    );
    const { answer, calls } = await run();
    expect(answer.data).toEqual({ ok: true, p: 1 });
    expect(calls[0]?.headers).toEqual({ "X-P": ["1"] });
  });

  it("L08: has the string library when it is allowed, and only then", async () => {
    const pre = "request.load():headers('X-U', string.upper('a'))";
    const { calls } = await (await ready({ libraries: true, pre }))();
    expect(calls[0]?.headers).toEqual({ "X-U": ["A"] });
    const { answer } = await (await ready({ pre }))();
    expect(answer.problem?.message).toMatch(/nil value.*string.*\(pre-script:L1\)/);
  });

  it("L09: changes method and path", async () => {
    const { calls } = await (
      await ready({ pre: "local r=request.load(); r:path('/zzz'); r:method('PUT')" })
    )();
    expect(calls[0]).toMatchObject({ method: "PUT", path: "/zzz", url: "http://b0.test/in" });
  });

  it.each([
    ["L10", "response.load():data():set('n', 5); response.load():data():set('f', 1.5)", { f: 1.5, n: 5 }],
    [
      "L11",
      "local t=luaTable.new(); t:set('k','v'); local l=luaList.new(); l:set(0,'a'); l:set(2,'c'); local d=response.load():data(); d:set('t',t); d:set('l',l); d:set('len', l:len())",
      { l: ["a", null, "c"], len: 3, t: { k: "v" } },
    ],
    ["L14", "local d=response.load():data(); d:set('n', luaNil.new())", { n: null }],
    [
      "L18",
      "response.load():data():set('t', {a={1,2}, e={}, s={x='y'}})",
      { t: { a: [1, 2], e: null, s: { x: "y" } } },
    ],
  ])("%s: sets data", async (_, post, expected) => {
    const { answer } = await (await ready({ post }))();
    expect(answer.data).toEqual({ ok: true, ...expected });
  });

  it("L12: changes status and completeness", async () => {
    const post = "local r=response.load(); r:isComplete(false); r:statusCode(207)";
    const { answer } = await (await ready({ post }))();
    expect(answer).toMatchObject({ data: { ok: true }, complete: false, status: 207 });
  });

  it("S13, S14: sees the parameters of a sequence", async () => {
    const pre = "local r=request.load(); r:headers('X-Id', r:params('Resp0_id')); r:body(r:params('Resp0'))";
    const { calls } = await (await ready({ pre }))(callOf({ params: { Resp0_id: "7", Resp0: "raw text" } }));
    expect(calls[0]?.headers).toEqual({ "X-Id": ["7"] });
    expect(text(calls[0])).toBe("raw text");
  });
});

describe("the API", () => {
  it("canonicalises names of headers, save for the getter of an answer", async () => {
    const pre =
      "local r=request.load(); r:headers('x-a','1'); r:headers('X-B', r:headers('X-A')); r:headers('x-gone', nil)";
    const post =
      "local r=response.load(); r:data():set('a', r:headers('x-a')); r:data():set('b', r:headers('X-A'))";
    const run = await ready({ pre, post });
    const { answer, calls } = await run(callOf({ headers: { "X-Gone": ["1"] } }), {
      headers: { "X-A": ["9"] },
    });
    expect(calls[0]?.headers).toEqual({ "X-A": ["1"], "X-B": ["1"] });
    expect(answer.data).toEqual({ ok: true, a: "", b: "9" });
  });

  it("gives headers and parameters as tables, and lists of values", async () => {
    const pre = `local r = request.load()
      local all, names = r:headers(), ''
      for name, list in pairs(all) do names = names .. name .. '=' .. list[1] end
      r:headers('X-Names', names)
      r:headers('X-Same', all:get('X-A'):get(1))
      r:headerList('X-List', {'a', 'b'})
      r:headers('X-Len', r:headerList('X-List'):len())
      r:headers('X-Param', r:params()['p'])
      r:params('q', 2)`;
    const { calls } = await (await ready({ pre }))(
      callOf({ headers: { "X-A": ["1", "2"] }, params: { p: "7" } }),
    );
    expect(calls[0]?.headers).toMatchObject({
      "X-Names": ["X-A=1"],
      "X-Same": ["2"],
      "X-List": ["a", "b"],
      "X-Len": ["2"],
      "X-Param": ["7"],
    });
    expect(calls[0]?.params).toEqual({ p: "7", q: "2" });
  });

  it("writes and reads the query", async () => {
    const pre = "local r=request.load(); r:body(r:query()); r:query('z=1&z=2&y=%C3%A4')";
    const { calls } = await (await ready({ pre }))(callOf({ query: { b: ["x y", "!"], a: ["ä"] } }));
    expect(text(calls[0])).toBe("a=%C3%A4&b=x+y&b=%21");
    expect(calls[0]?.query).toEqual({ z: ["1", "2"], y: ["ä"] });
  });

  it("sets the URL of a backend, and none of an agent", async () => {
    const pre = "request.load():url('http://else.test/')";
    expect((await (await ready({ pre }))()).calls[0]?.url).toBe("http://else.test/");
    expect((await (await ready({ pre }, "agent"))()).calls[0]?.url).toBe("http://b0.test/in");
  });

  it("leaves the call and the answer of others alone", async () => {
    const given = data('{"list":[{"a":1}]}');
    const run = await ready({ post: "response.load():data():get('list'):get(0):set('a', 2)" });
    const { answer } = await run(callOf(), given);
    expect(answer.data).toEqual({ list: [{ a: 2 }] });
    expect(JSON.stringify(given.data)).not.toContain("2");
  });

  it("walks through data", async () => {
    const post = `local d = response.load():data()
      local l = d:get('l')
      d:set('sum', l:get(0) + l:get(1))
      d:set('text', 'id' .. d:get('id'))
      d:set('keys', d:keys())
      d:set('has', d:keyExists('l'))
      d:set('hasnot', d:keyExists('zz'))
      d:set('nothing', d:get('zz') == nil)
      l:del(0)
      d:del('id')`;
    const { answer } = await (await ready({ post }))(callOf(), data('{"id":7,"l":[1.5,2.0]}'));
    expect(JSON.parse(JSON.stringify(answer.data))).toMatchObject({
      sum: 3.5,
      text: "id7",
      keys: ["id", "l", "sum", "text"],
      has: true,
      hasnot: false,
      nothing: true,
    });
    expect(Object.keys(answer.data ?? {})).not.toContain("id");
  });

  it("keeps every byte of a body, changed or not", async () => {
    const bytes = Buffer.from(Array.from({ length: 512 }, (_, i) => i % 256));
    const same = await (await ready({ pre: "local r = request.load(); r:body(r:body())" }))(
      callOf({ body: bytes }),
    );
    expect(same.calls[0]?.body).toEqual(bytes);
    const more = await (await ready({ pre: "local r = request.load(); r:body(r:body() .. '\\255ä')" }))(
      callOf({ body: bytes }),
    );
    expect(more.calls[0]?.body).toEqual(Buffer.concat([bytes, Buffer.from([255]), Buffer.from("ä")]));
    const large = Buffer.alloc(3_000_000, "é");
    const big = await (await ready({ pre: "local r = request.load(); r:body(r:body())" }))(
      callOf({ body: large }),
    );
    expect(big.calls[0]?.body.equals(large)).toBe(true);
  });

  it("tells letters of other alphabets the same on both sides", async () => {
    const post = "local d = response.load():data(); d:set('ü', d:get('ö') .. '€')";
    const { answer } = await (await ready({ post }))(callOf(), data('{"ö":"😀"}'));
    expect(answer.data).toMatchObject({ ü: "😀€" });
    const pre = "request.load():headers('X-U', 'ü')";
    const { calls } = await (await ready({ pre }))();
    expect(Buffer.from(calls[0]!.headers["X-U"]![0]!, "latin1").toString()).toBe("ü");
  });

  it("refuses what makes no sense, so that the script can catch it", async () => {
    const post = `local d = response.load():data()
      local function said(f, ...) local _, e = pcall(f, ...); return e end
      d:set('a', said(d.set, d, 'x', d))
      d:set('b', said(d.get))
      local l = luaList.new()
      d:set('c', said(l.set, l, 1e9, 1))
      d:set('d', said(l.get, d, 0))
      local t = {}; t.t = t
      d:set('e', said(d.set, d, 'x', t))`;
    const { answer } = await (await ready({ post }))();
    expect(answer.problem).toBeUndefined();
    expect(answer.data).toMatchObject({
      a: expect.stringContaining("cannot hold itself"),
      b: expect.stringContaining("with a colon"),
      c: expect.stringContaining("no index"),
      d: expect.stringContaining("luaList"),
      e: expect.stringContaining("deeply"),
    });
  });

  it("has no response before there is one", async () => {
    const { answer } = await (await ready({ pre: "\n\nresponse.load()" }))();
    expect(answer.problem?.message).toBe("there is no response yet (pre-script:L3)");
  });

  it("does not run post after a failure", async () => {
    const { answer: first } = await (await ready({ pre: "custom_error('x')" }))();
    const { answer } = await (await ready({ post: "error('post')" }))(callOf(), { problem: first.problem! });
    expect(answer.problem?.message).toBe("x");
  });
});

import { createHash } from "node:crypto";
import { unlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { folder } from "../../../../../test/tools/folder.ts";
import { Bench, callOf, configured, through } from "../../../../../test/tools/layers.ts";
import { Tidy } from "../../../../../test/tools/tidy.ts";
import { lua as schema } from "../../config/layers.ts";
import { profiles } from "../../profile.ts";
import type { Answer, Call } from "../call.ts";
import { type JsonObject, parseJson } from "../json.ts";
import { lua } from "./index.ts";

const tidy = new Tidy();

type Given = Parameters<typeof configured<typeof schema>>[1];

/** A layer that is ready, and a way to send calls through it. */
async function ready(given: Given, level: "agent" | "backend" = "backend", bench = new Bench()) {
  tidy.later(() => bench.close());
  const layer = lua(configured(schema, given), bench.around, level);
  await bench.prepared();
  return (call?: Call, answer?: Partial<Answer>) => through(bench, layer, call, answer);
}

const text = (call: Call | undefined) => call?.body.toString();
const data = (json: string) => ({ data: parseJson(json) as JsonObject });

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

describe("Lua 5.1", () => {
  it.each([
    ["return table.getn({1,2,3}) .. unpack({'a'})", "3a"],
    ["return loadstring('return 1 + 1')()", "2"],
    ["return tostring(10 / 2) .. tostring(2^53) .. tostring(1.5)", "59.007199254741e+151.5"],
    ["x = 1; local f = function() return x end; setfenv(f, {x = 2}); return f() .. x", "21"],
    ["setfenv(1, {request = request, y = 3}); return y", "3"],
    ["return getfenv(1) == _G and getfenv() == _G and _G._G == _G", "true"],
    ["return getfenv(collectgarbage)", "nil"],
    [
      "return _VERSION .. type(string) .. type(math) .. type(os) .. type(io) .. type(debug)",
      "Lua 5.1nilnilnilnilnil",
    ],
    ["return ({pcall(function() local s = 'a'; return s:upper() end)})[1]", "false"],
    ["return load('\\27Lua')", "nil"],
    ["return table.maxn({1, 2, [9] = 1})", "9"],
  ])("%s", async (code, expected) => {
    const pre = `local f = function() ${code} end; request.load():body(tostring(f()))`;
    const run = await ready({
      pre: code.startsWith("setfenv(1") ? `${code.replace("return y", "request.load():body(y)")}` : pre,
    });
    const { answer, calls } = await run();
    expect(answer.problem?.message ?? text(calls[0])).toBe(expected);
  });

  it.each([
    ["return string.format('%d %s %5.1f %%', 7 / 2, 10 / 2, 1)", "3 5   1.0 %"],
    ["return math.pow(2, 3) == 8 and math.mod(7, 4) == 3 and string.gfind == string.gmatch", "true"],
    ["function string.shout(s) return s:upper() .. '!' end; return ('a'):shout()", "A!"],
    ["return tostring(os.getenv('HOME')) .. tostring(os.getenv('SECRET'))", "hernil"],
    ["return tostring(os.exit) .. tostring(string.dump) .. tostring(io.open('/etc/passwd'))", "nilnilnil"],
    [
      "local c = coroutine.wrap(function(a) local b = coroutine.yield(a) return b end); return c(1) .. c(2)",
      "12",
    ],
    ["return ({pcall(getmetatable('').__index, 'a', 'b')})[1]", "boom"],
  ])("with libraries: %s", async (code, expected) => {
    const bench = new Bench(profiles.safe, { HOME: "her" });
    const pre = `local f = function() ${code} end; request.load():body(tostring(f()))`;
    const { answer, calls } = await (await ready({ libraries: true, pre }, "backend", bench))();
    if (expected === "boom") expect(answer.problem?.message).toMatch(/index a boolean/);
    else expect(answer.problem?.message ?? text(calls[0])).toBe(expected);
  });

  it("has what it prints in the log", async () => {
    const bench = new Bench();
    await (await ready({ pre: "print('a', 1, 2/1)" }, "backend", bench))();
    expect(bench.logged).toEqual([
      { level: "info", fields: { text: "a\t1\t2" }, message: "A script prints." },
    ]);
  });
});

describe("limits", () => {
  it.each([
    ["while true do end"],
    ["while true do pcall(function() while true do end end) end"],
    ["local function f() return f() end f()"],
    ["local c = coroutine.wrap(function() while true do end end); c()"],
  ])("stops %s, and goes on with the next event", async (loop) => {
    const run = await ready({
      libraries: true,
      time: "30ms",
      pre: `if request.load():headers('X') ~= '' then ${loop} end`,
    });
    expect((await run(callOf({ headers: { X: ["1"] } }))).answer.problem).toMatchObject({
      code: "item_refused",
      message: "a script ran longer than it may",
    });
    expect((await run()).answer).toMatchObject({ data: { ok: true } });
  });

  it.each([
    ["local t = {}; for i = 1, 1e9 do t[i] = {i} end"],
    ["local s = 'x'; while true do s = s .. s end"],
    ["return string.rep('x', 1e9)"],
    [
      "local d = luaTable.new(); local s = string.rep('x', 1e5); local i = 0; while true do i = i + 1; d:set(i, s .. i) end",
    ],
    [
      "local l = luaList.new(); local i = 0; while true do i = i + 1000; l:set(i % 1e6, i); l = luaList.new() end",
    ],
  ])("stops an allocation bomb: %s", async (bomb) => {
    const run = await ready({
      libraries: true,
      time: "20s",
      memory: "8MiB",
      pre: `if request.load():headers('X') ~= '' then ${bomb} end`,
    });
    expect((await run(callOf({ headers: { X: ["1"] } }))).answer.problem).toMatchObject({
      code: "item_refused",
      message: "a script used more memory than it may",
    });
    expect((await run()).answer).toMatchObject({ data: { ok: true } });
  });

  it("ends a recursion without end as an error of the script", async () => {
    const { answer } = await (
      await ready({ memory: "64MiB", time: "20s", pre: "local function f() return 1 + f() end f()" })
    )();
    expect(answer.problem?.message).toMatch(/stack overflow/);
  });
});

describe("isolation", () => {
  it.each([
    ["a global", "leak = (leak or 0) + 1", "leak == nil or leak == 1"],
    ["a library", "table.leak = 1", "table.leak == nil"],
    ["string", "string.leak = 1", "string.leak == nil and ('x').leak == nil"],
    [
      "the API",
      "request.leak = 1; luaTable.leak = 1; http_response.new = nil",
      "request.leak == nil and luaTable.leak == nil and http_response.new",
    ],
    ["globals' metatable", "setmetatable(_G, {__index = function() return 1 end})", "leak == nil"],
    [
      "a loaded package",
      "package.loaded.x = 1; package.preload.y = print",
      "package.loaded.x == nil and package.preload.y == nil",
    ],
    [
      "objects",
      "request.load().method = nil; response.load().data = nil",
      "request.load().method and response.load().data",
    ],
    ["loaded code", "loadstring('leak = 1')()", "leak == nil"],
    [
      "an environment",
      "pcall(setfenv, print, {}); pcall(setfenv, 0, {}); pcall(setfenv, collectgarbage, {})",
      "print and collectgarbage('count') > 0",
    ],
    ["a finalizer", "setmetatable({}, {__gc = function() leak = 1; error('x') end})", "leak == nil"],
  ])("%s does not reach the next event", async (_, script, check) => {
    const post = `if request.load():headers('X') ~= '' then ${script} else assert(${check}) end`;
    const run = await ready({ libraries: true, post });
    for (let i = 0; i < 3; i++) {
      expect((await run(callOf({ headers: { X: ["1"] } }))).answer.problem).toBeUndefined();
      expect((await run()).answer.problem).toBeUndefined();
    }
  });

  it("shares globals between sources, pre and post of one event", async () => {
    const { answer } = await (
      await ready({ pre: "n = 41", post: "response.load():data():set('n', n + 1)" })
    )();
    expect(answer.data).toEqual({ ok: true, n: 42 });
  });

  it("keeps nothing of events that are over", async () => {
    const run = await ready({ pre: "big = {}; for i = 1, 1000 do big[i] = {} end", memory: "4MiB" });
    for (let i = 0; i < 300; i++) expect((await run()).answer.problem).toBeUndefined();
  });
});

describe("files", () => {
  const file = async (code: string, name = "lib.lua") => {
    const path = join(await folder(tidy), name);
    writeFileSync(path, code);
    return path;
  };
  const pre = "request.load():body(mine())";

  it("are joined, and run before pre for each event", async () => {
    const sources = [
      await file("n = 0; local m = 4", "a.lua"),
      await file("function mine() n = n + 1; return m .. n end"),
    ];
    const run = await ready({ sources, pre });
    for (let i = 0; i < 2; i++) expect(text((await run()).calls[0])).toBe("41");
  });

  it("are named in messages, with their own lines", async () => {
    const sources = [await file("\n\n", "a.lua"), await file("\nfunction mine()\n  error('bad')\nend")];
    const { answer } = await (await ready({ sources, pre }))();
    expect(answer.problem?.message).toBe("bad (lib.lua:L3)");
  });

  it("are read once, or for each event where they are live", async () => {
    const path = await file("function mine() return 'old' end");
    const once = await ready({ sources: [path], pre });
    const live = await ready({ sources: [path], pre, live: true });
    await live();
    writeFileSync(path, "function mine() return 'new' end");
    expect([text((await once()).calls[0]), text((await live()).calls[0])]).toEqual(["old", "new"]);
    unlinkSync(path);
    expect((await live()).answer.problem).toMatchObject({ name: "LinkProblem", code: "file_missing" });
  });

  it("must have the checksum they should have", async () => {
    const path = await file("function mine() return 'x' end");
    const md5 = createHash("md5").update("function mine() return 'x' end").digest("hex");
    expect(text((await (await ready({ sources: [path], md5: { "lib.lua": md5 }, pre }))()).calls[0])).toBe(
      "x",
    );
    const wrong = { sources: [path], md5: { [path]: "0" }, pre };
    await expect(ready(wrong)).rejects.toMatchObject({ name: "ConfigProblem", code: "config_invalid" });
    const bench = new Bench(profiles.krakend);
    const { answer, calls } = await (await ready(wrong, "backend", bench))();
    expect([answer.problem, text(calls[0])]).toEqual([undefined, '{"msg":"hello"}']);
    expect(bench.logged).toMatchObject([
      { level: "error", message: "A script cannot be used and is left out." },
    ]);
  });

  it("and code must be there and compile, or else nothing starts; the peer fails each event", async () => {
    await expect(ready({ sources: ["/nowhere.lua"] })).rejects.toMatchObject({ code: "config_unreadable" });
    await expect(ready({ pre: "x = = 1" })).rejects.toMatchObject({
      code: "config_invalid",
      message: expect.stringMatching(/unexpected symbol near '=' \(pre-script:L1\)$/),
    });
    const { answer } = await (await ready({ pre: "x = = 1" }, "backend", new Bench(profiles.krakend)))();
    expect(answer.problem).toMatchObject({ code: "item_refused" });
  });
});

describe("the end of an agent", () => {
  it("is no fault of an event whose script waits, or comes too late", async () => {
    const bench = new Bench();
    const layer = lua(configured(schema, { post: "x = 1" }), bench.around, "backend");
    await bench.prepared();
    const next = async () => {
      await bench.close();
      return { data: {}, complete: true, status: 200, headers: {} };
    };
    const answer = await layer(next)(callOf(), bench.life.stop);
    expect(answer.problem).toMatchObject({ name: "LinkProblem" });
  });
});

describe("requests of scripts", () => {
  let server: Server;
  let origin = "";
  const seen: { method: string | undefined; body: string; x: string | string[] | undefined }[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        seen.push({
          method: request.method,
          body: Buffer.concat(chunks).toString(),
          x: request.headers["x-a"],
        });
        response.writeHead(201, { "X-Echo": request.url ?? "" });
        response.end(request.url === "/side" ? "side" : request.url);
      });
    });
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    origin = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it("L15: calls out", async () => {
    const pre = `local r=http_response.new('${origin}/side'); request.load():headers('X-Side', r:body()); r:close()`;
    const { calls } = await (await ready({ pre }))();
    expect(calls[0]?.headers).toEqual({ "X-Side": ["side"] });
  });

  it("sends method, body and headers, and reads all of the reply", async () => {
    seen.length = 0;
    const pre = `local r = http_response.new('${origin}/p', 'POST', 'bödy', {['x-a'] = {'1', '2'}})
      request.load():body(r:statusCode() .. r:headers('x-echo') .. r:headerList('X-Echo'):len())`;
    const { calls } = await (await ready({ pre }))();
    expect(seen).toEqual([{ method: "POST", body: "bödy", x: "1, 2" }]);
    expect(text(calls[0])).toBe("201/p1");
  });

  it("waits inside pcall and inside the coroutines of a script", async () => {
    const pre = `local function get() return http_response.new('${origin}/side'):body() end
      local _, a = pcall(get)
      local b = coroutine.wrap(function() coroutine.yield(get()); end)()
      request.load():body(a .. b)`;
    const { answer, calls } = await (await ready({ pre, libraries: true }))();
    expect(answer.problem).toBeUndefined();
    expect(text(calls[0])).toBe("sideside");
  });

  it("has the verdict of its own when it fails, unless it is caught", async () => {
    const { answer } = await (await ready({ pre: "http_response.new('http://127.0.0.1:1/')" }))();
    expect(answer.problem).toMatchObject({ name: "LinkProblem", code: "connect_failed" });
    const pre = "request.load():body(tostring(pcall(http_response.new, 'http://127.0.0.1:1/')))";
    expect(text((await (await ready({ pre }))()).calls[0])).toBe("false");
    const { answer: wrong } = await (await ready({ pre: "http_response.new('nowhere')" }))();
    expect(wrong.problem).toMatchObject({
      name: "RejectedProblem",
      message: "not a URL: nowhere (pre-script:L1)",
    });
  });

  it("never mixes 1,000 events that wait in turns", async () => {
    const code = `local r = request.load()
      mine = r:headers('X')
      for i = 1, 3 do
        local got = http_response.new('${origin}/' .. mine .. '/' .. i):body()
        assert(got == '/' .. mine .. '/' .. i and mine == r:headers('X'))
        table.seen = (table.seen or '') .. i
      end`;
    // All at once, which no agent does: the last of the 3,000 requests may wait long for its turn.
    const patient = new Bench(profiles.safe, {}, 60_000);
    const post = "assert(table.seen == '123'); response.load():data():set('mine', mine)";
    const run = await ready({ pre: `${code} r:body(mine)`, post, time: "10s" }, "backend", patient);
    const ends = await Promise.all(
      Array.from({ length: 1_000 }, (_, i) => run(callOf({ headers: { X: [String(i)] } }))),
    );
    expect(ends.flatMap(({ answer }) => answer.problem ?? [])).toEqual([]);
    expect(ends.map(({ answer, calls }) => `${answer.data?.["mine"]} ${text(calls[0])}`)).toEqual(
      ends.map((_, i) => `${i} ${i}`),
    );
  });

  it("lets others that wait go on when one is stopped", async () => {
    const pre = `local x = request.load():headers('X')
      local got = http_response.new('${origin}/' .. x):body()
      if x == '3' then while true do end end
      got = got .. http_response.new('${origin}/' .. x):body()
      request.load():body(got)`;
    const run = await ready({ pre, time: "50ms" });
    const ends = await Promise.all([1, 2, 3, 4, 5].map((i) => run(callOf({ headers: { X: [String(i)] } }))));
    expect(ends.map(({ answer }) => answer.problem?.message)).toEqual([
      undefined,
      undefined,
      "a script ran longer than it may",
      undefined,
      undefined,
    ]);
    expect(text(ends[4]?.calls[0])).toBe("/5/5");
  });
});

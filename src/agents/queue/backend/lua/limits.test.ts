import { describe, expect, it } from "vitest";
import { Bench, callOf } from "../../../../../test/tools/layers.ts";
import { ready, text } from "../../../../../test/tools/lua-layer.ts";
import { profiles } from "../../profile.ts";

describe("Lua 5.1", () => {
  it.each([
    ["return table.getn({1,2,3}) .. unpack({'a'})", "3a"],
    ["return loadstring('return 1 + 1')()", "2"],
    ["return 10 / 4 .. ' ' .. 10 / 2 .. ' ' .. 2 ^ 3 .. ' ' .. -4 / 2", "2.5 5 8 -2"],
    ["return tostring(10 / 2) .. tostring(2^53) .. tostring(1.5)", "590071992547409921.5"],
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

import { GLOBALS } from "./prelude-globals.ts";

/**
 * What runs once in each machine, in Lua: it makes the metatables, that of an event's globals among them. Nothing in
 * there is shared with another event unless it cannot be changed: functions are, tables are copied.
 *
 * `host` holds our functions; `open` says whether the larger libraries are there. Differences from Lua 5.1 are bridged
 * where scripts meet them: `unpack`, `loadstring`, `setfenv`, `table.getn`, and whole numbers print without `.0`. Left
 * is that a fraction has fourteen digits when it is joined with `..`.
 *
 * Not there, on purpose: `debug`, `dofile` and `loadfile`, bytecode, finalizers (`__gc`), files and processes.
 */
const LANGUAGE = `
local host, open = ...
local pcall, error, type, select, next = pcall, error, type, select, next
local rawget, rawset, rawequal, pairs = rawget, rawset, rawequal, pairs
local plainload, plaintostring, setmeta = load, tostring, setmetatable
local pack, unpack, concat, remove, sort = table.pack, table.unpack, table.concat, table.remove, table.sort
local getinfo, getupvalue, upvaluejoin = debug.getinfo, debug.getupvalue, debug.upvaluejoin
local getlocal, setlocal, getanymeta, setanymeta = debug.getlocal, debug.setlocal, debug.getmetatable, debug.setmetatable
local co_resume, co_yield, co_create = coroutine.resume, coroutine.yield, coroutine.create
local format, gsub, gmatch = string.format, string.gsub, string.gmatch
local floor, clock, floattype, collect = math.floor, os.clock, math.type, collectgarbage
local WAIT = {}

-- Whole doubles are whole numbers to Lua 5.1; others are written as the peer does.
local function whole(v)
  if floattype(v) == "float" and v == floor(v) and v > -2^53 and v < 2^53 then return floor(v) end
  return v
end
local function tostring(v)
  v = whole(v)
  return floattype(v) == "float" and host.numberText(v) or plaintostring(v)
end

local function copy(from)
  local to = {}
  for name, value in next, from do to[name] = value end
  return to
end

-- Finalizers would run in the middle of another event; tables have none in Lua 5.1.
local function setmetatable(t, meta)
  local gc = type(meta) == "table" and rawget(meta, "__gc")
  if not gc then return setmeta(t, meta) end
  rawset(meta, "__gc", nil)
  setmeta(t, meta)
  rawset(meta, "__gc", gc)
  return t
end

-- The environment of our own functions is nobody's business.
local function envOf(f)
  if getinfo(f, "S").source == "=outrider" then return nil end
  for i = 1, 255 do
    local name, value = getupvalue(f, i)
    if name == "_ENV" then return i, value elseif name == nil then return nil end
  end
end

local function localEnv(level)
  for i = 1, 255 do
    local name, value = getlocal(level + 1, i)
    if name == "_ENV" then return i, value elseif name == nil then return nil end
  end
end

local function setfenv(f, env)
  if type(f) == "function" then
    local at = envOf(f)
    if at then upvaluejoin(f, at, function() return env end, 1) end
    return f
  end
  local running = getinfo(f + 1, "f").func
  local at = localEnv(f + 1)
  if at then setlocal(f + 1, at, env) else setfenv(running, env) end
  return running
end

local function getfenv(f)
  if type(f) == "function" then return select(2, envOf(f)) end
  local _, env = localEnv((f or 1) + 1)
  if env then return env end
  return select(2, envOf(getinfo((f or 1) + 1, "f").func))
end

-- A call over HTTP yields WAIT through every coroutine of the script up to the agent.
local function resume(co, ...)
  local got = pack(co_resume(co, ...))
  while got[1] and rawequal(got[2], WAIT) do
    co_yield(WAIT)
    got = pack(co_resume(co))
  end
  return unpack(got, 1, got.n)
end

local function wrap(f)
  local co = co_create(f)
  return function(...)
    local got = pack(resume(co, ...))
    if not got[1] then error(got[2], 0) end
    return unpack(got, 2, got.n)
  end
end

local function ask(...)
  local id = host.ask(...)
  co_yield(WAIT)
  local answer = host.answer(id)
  return answer
end

local base = {
  assert = assert, error = error, getmetatable = getmetatable, ipairs = ipairs, next = next, pairs = pairs,
  pcall = pcall, rawequal = rawequal, rawget = rawget, rawset = rawset, select = select, tonumber = tonumber,
  type = type, xpcall = xpcall, unpack = unpack, setmetatable = setmetatable, tostring = tostring,
  setfenv = setfenv, _VERSION = "Lua 5.1", custom_error = host.custom_error,
  collectgarbage = function(what) return what == "count" and collect("count") or 0 end,
  print = function(...)
    local words = pack(...)
    for i = 1, words.n do words[i] = tostring(words[i]) end
    host.print(concat(words, "\\t"))
  end,
}

local tables = {
  concat = concat, insert = table.insert, remove = table.remove, sort = table.sort, pack = pack, unpack = unpack,
  getn = function(t) return #t end,
  maxn = function(t)
    local most = 0
    for key in next, t do if type(key) == "number" and key > most then most = key end end
    return most
  end,
}

-- %d of Lua 5.1 cuts fractions off, and %s prints whole numbers without a point.
local function formatted(text, ...)
  local args, i = pack(...), 0
  for way in gmatch(gsub(text, "%%%%", ""), "%%[-+ #0]*%d*%.?%d*(%a)") do
    i = i + 1
    local v = whole(args[i])
    if (way == "d" or way == "i" or way == "c" or way == "x" or way == "X" or way == "o") and floattype(v) == "float" and v == v
      and v > -2^53 and v < 2^53 then
      v = v < 0 and -floor(-v) or floor(v)
    end
    args[i] = v
  end
  return format(text, unpack(args, 1, args.n))
end

local function none() return nil, "scripts have no files and no processes" end

local libraries = {}
if open then
  libraries.string = copy(string)
  libraries.string.dump, libraries.string.gfind, libraries.string.format = nil, gmatch, formatted
  libraries.math = copy(math)
  libraries.math.pow = function(a, b) return a ^ b end
  libraries.math.log10 = function(a) return math.log(a, 10) end
  libraries.math.mod = math.fmod
  libraries.math.randomseed = function() end
  libraries.os = {
    clock = clock, date = os.date, difftime = os.difftime, time = os.time, getenv = host.getenv,
    remove = none, rename = none, tmpname = none, execute = none,
  }
  libraries.io = { open = none, lines = none, popen = none, read = none, write = function(...) host.print(concat({ ... })) end }
  libraries.coroutine = {
    create = co_create, resume = resume, yield = co_yield, wrap = wrap, status = coroutine.status,
    running = coroutine.running,
  }
  local methods = copy(libraries.string)
  -- A method that a script added to its own string table is found as well.
  getmetatable("").__index = function(_, name)
    local found = methods[name]
    if found ~= nil then return found end
    return host.globals().string[name]
  end
  getmetatable("").__metatable = false
else
  debug.setmetatable("", nil)
end
`;

/** Called with our functions, and whether the larger libraries are there; returns the metatables by name. */
export const PRELUDE = LANGUAGE + GLOBALS;

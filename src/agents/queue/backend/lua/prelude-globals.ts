/**
 * The second half of what runs once in each machine, in Lua: the objects of the API, and the globals of an event. These
 * are made one by one when a script asks for them, since copying all of them would take ten times as long as most
 * scripts do.
 */
export const GLOBALS = `
local function methods(names)
  local found = {}
  for name in gmatch(names, "([%w_.]+)") do found[gsub(name, "^.*%.", "")] = host[name] end
  return found
end
local kinds = {
  request = { __index = methods("request.method request.path request.query request.url request.params request.headers request.headerList request.body") },
  response = { __index = methods("response.isComplete response.statusCode response.data response.headers response.headerList response.body") },
  table = { __index = methods("table.get table.set table.len table.del table.keys table.keyExists") },
  list = { __index = methods("list.get list.set list.len list.del") },
  null = { __index = {} },
  reply = { __index = methods("reply.statusCode reply.headers reply.headerList reply.body reply.close") },
}
-- Headers and parameters are given as plain tables, which understand the methods of luaTable and luaList too.
local plain = {
  get = function(t, k) return rawget(t, type(k) == "number" and k + 1 or k) end,
  set = function(t, k, v) rawset(t, type(k) == "number" and k + 1 or k, v) end,
  del = function(t, k) if type(k) == "number" then remove(t, k + 1) else rawset(t, k, nil) end end,
  keyExists = function(t, k) return rawget(t, k) ~= nil end,
  len = function(t) local n = 0 for _ in next, t do n = n + 1 end return n end,
  keys = function(t)
    local list, i = host.newList(), 0
    local names = {}
    for k in next, t do names[#names + 1] = k end
    sort(names)
    for n, k in pairs(names) do list:set(n - 1, k) end
    return list
  end,
}
kinds.plain = { __index = plain }
-- To the peer's scripts they are no tables.
local objects = {}
for name, meta in pairs(kinds) do
  meta.__metatable = false
  if name ~= "plain" then objects[meta] = true end
end
base.type = function(...)
  local found = type(...)
  return found == "table" and objects[getanymeta((...))] and "userdata" or found
end

-- What an event gets a copy of, when it asks for it: most scripts ask for one or two of these.
local makers = {
  table = function() return copy(tables) end,
  request = function() return { load = host.loadRequest } end,
  response = function() return { load = host.loadResponse } end,
  luaTable = function() return { new = host.newTable } end,
  luaList = function() return { new = host.newList } end,
  luaNil = function() return { new = host.newNull } end,
  http_response = function() return { new = ask } end,
  load = function(env)
    return function(chunk, name, _, own) return plainload(chunk, name, "t", own == nil and env or own) end
  end,
  loadstring = function(env) return function(text, name) return plainload(text, name, "t", env) end end,
}
for name, library in next, libraries do makers[name] = function() return copy(library) end end

local function packages(env)
  local loaded, preload = { _G = env, table = env.table }, {}
  for name in next, libraries do loaded[name] = env[name] end
  local function require(name)
    if loaded[name] ~= nil then return loaded[name] end
    local loader = preload[name]
    if not loader then error("module '" .. tostring(name) .. "' not found: it is none of the sources", 2) end
    local got = loader(name)
    loaded[name] = got == nil and (loaded[name] == nil or loaded[name]) or got
    return loaded[name]
  end
  return { loaded = loaded, preload = preload, path = "", cpath = "" }, require
end

-- Whoever asks for the globals as a whole gets a table with everything in it, and without a metatable.
local function whole_env(env)
  for name, make in next, makers do if rawget(env, name) == nil then rawset(env, name, make(env)) end end
  for name, value in next, base do if rawget(env, name) == nil then rawset(env, name, value) end end
  rawset(env, "_G", env)
  local package, require = packages(env)
  rawset(env, "package", package)
  rawset(env, "require", require)
  setanymeta(env, nil)
  return env
end

kinds.globals = {
  __metatable = false,
  __index = function(env, name)
    local value = base[name]
    if value ~= nil then return value end
    local make = makers[name]
    if make then
      value = make(env)
      rawset(env, name, value)
      return value
    end
    if name == "_G" or name == "package" or name == "require" then return whole_env(env)[name] end
  end,
}

local function globals(env)
  if env ~= nil and rawget(env, "_G") == nil and getanymeta(env) == kinds.globals then return whole_env(env) end
  return env
end
base.getfenv = function(f) return globals(getfenv(f == nil and 2 or type(f) == "number" and f + 1 or f), nil) end

return kinds
`;

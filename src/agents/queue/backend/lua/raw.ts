/** Address of a Lua state or thread in the memory of the module. */
export type State = number;

/** The C API of Lua 5.4 as the module exports it: addresses are numbers, 64-bit integers are BigInt. */
export interface Raw {
  readonly HEAPU8: Uint8Array;
  readonly HEAPU32: Uint32Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
  addFunction(run: (...args: number[]) => number | undefined, signature: string): number;
  _lua_newthread(L: State): State;
  _lua_gettop(L: State): number;
  _lua_settop(L: State, index: number): void;
  _lua_pushvalue(L: State, index: number): void;
  _lua_checkstack(L: State, slots: number): number;
  _lua_type(L: State, index: number): number;
  _lua_tonumberx(L: State, index: number, ok: number): number;
  _lua_toboolean(L: State, index: number): number;
  _lua_tolstring(L: State, index: number, size: number): number;
  _luaL_tolstring(L: State, index: number, size: number): number;
  _lua_touserdata(L: State, index: number): number;
  _lua_pushnil(L: State): void;
  _lua_pushnumber(L: State, value: number): void;
  _lua_pushinteger(L: State, value: bigint): void;
  _lua_pushboolean(L: State, value: number): void;
  _lua_pushlstring(L: State, address: number, size: number): void;
  _lua_pushlightuserdata(L: State, value: number): void;
  _lua_pushcclosure(L: State, run: number, upvalues: number): void;
  _lua_createtable(L: State, list: number, fields: number): void;
  _lua_rawget(L: State, index: number): number;
  _lua_rawset(L: State, index: number): void;
  _lua_rawgeti(L: State, index: number, at: bigint): number;
  _lua_rawseti(L: State, index: number, at: bigint): void;
  _lua_next(L: State, index: number): number;
  _lua_concat(L: State, count: number): void;
  _lua_setmetatable(L: State, index: number): void;
  _lua_error(L: State): number;
  _lua_pcallk(L: State, args: number, results: number, handler: number, context: number, k: number): number;
  _lua_resume(L: State, from: State, args: number, results: number): number;
  _lua_sethook(L: State, hook: number, mask: number, count: number): void;
  _luaL_ref(L: State, table: number): number;
  _luaL_unref(L: State, table: number, ref: number): void;
  _luaL_where(L: State, level: number): void;
  _luaL_loadbufferx(L: State, text: number, size: number, name: number, mode: number): number;
}

/** `LUA_REGISTRYINDEX`. */
export const REGISTRY = -1_000_000 - 1_000;
/** The index of a C function's first upvalue. */
export const UPVALUE = REGISTRY - 1;
/** `LUA_MASKCOUNT`: the hook is called every so many instructions. */
export const COUNT = 8;

export const NIL = 0;
export const BOOLEAN = 1;
export const HANDLE = 2;
export const NUMBER = 3;
export const STRING = 4;
export const TABLE = 5;

export const OK = 0;
export const YIELD = 1;
export const NO_MEMORY = 4;

/** Lua in a WebAssembly memory of its own. `limit` sets how many bytes it may have in all. */
export interface Machine {
  readonly raw: Raw;
  readonly L: State;
  used(): number;
  limit(bytes: number | undefined): void;
  close(): void;
}

/** Starts Lua; takes about 10 ms. Nothing is shared with another machine, so one that broke can be dropped. */
export async function startLua(): Promise<Machine> {
  // Only when it is needed: loading it takes a while.
  const { LuaEngine, LuaFactory } = await import("wasmoon");
  const wasm = await new LuaFactory().getLuaModule();
  // What wasmoon puts between Lua and JavaScript is for texts, not for bytes; only its machine is used.
  const { global } = new LuaEngine(wasm, {
    openStandardLibs: true,
    injectObjects: false,
    enableProxy: false,
    traceAllocations: true,
  });
  const raw = wasm.module as unknown as Raw;
  writeWhole(raw);
  return {
    raw,
    L: global.address,
    used: () => global.getMemoryUsed(),
    limit: (bytes) => global.setMemoryMax(bytes),
    close: () => global.close(),
  };
}

/**
 * Lets whole numbers be written without `.0`, as in Lua 5.1. Lua 5.4 adds it to texts of nothing but the characters of
 * this constant (`tostringbuff` of lobject.c), which has none from now on.
 */
function writeWhole({ HEAPU8: heap }: Raw): void {
  const at = Buffer.from(heap.buffer).indexOf("\0-0123456789\0");
  if (at < 0) throw new Error("this Lua writes whole numbers in a way that is not known");
  heap[at + 1] = 0;
}

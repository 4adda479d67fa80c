import { doubleText } from "../cel/numbers.ts";
import { BOOLEAN, NUMBER, type Raw, REGISTRY, STRING, type State } from "./raw.ts";

/** How a text is spelled in bytes. Bodies are bytes already; headers are Latin-1, as HTTP has them; all else is UTF-8. */
export type Spelling = "utf8" | "latin1";

const SCRATCH = 64 * 1024;

/** What a script did wrong. It is raised in the script, which may catch it with `pcall`. */
export class ScriptError extends Error {
  /** Whose line is named: 1 is the function that called us, 2 the one that called that; 0 names none. */
  readonly level: number;

  constructor(message: string, level = 1) {
    super(message);
    this.level = level;
  }
}

/** The stack of one Lua thread, with texts, numbers and bytes instead of addresses. */
export class Stack {
  /** The thread in question; changed for each call into JavaScript. */
  L: State;
  readonly raw: Raw;
  readonly #scratch: number;
  readonly #size: number;
  #heap: Uint8Array | undefined;
  #view: Buffer = Buffer.alloc(0);

  constructor(raw: Raw, L: State) {
    this.raw = raw;
    this.L = L;
    this.#scratch = raw._malloc(SCRATCH);
    this.#size = raw._malloc(4);
  }

  get top(): number {
    return this.raw._lua_gettop(this.L);
  }

  type(index: number): number {
    return this.raw._lua_type(this.L, index);
  }

  /** Makes room for so many more values. */
  reserve(slots: number): void {
    if (this.raw._lua_checkstack(this.L, slots) === 0) throw new ScriptError("stack overflow");
  }

  pop(count = 1): void {
    this.raw._lua_settop(this.L, -count - 1);
  }

  pushNil(): void {
    this.raw._lua_pushnil(this.L);
  }

  pushBoolean(value: boolean): void {
    this.raw._lua_pushboolean(this.L, value ? 1 : 0);
  }

  /** Whole numbers become Lua integers, so that they print as `7`, as in Lua 5.1, and not as `7.0`. */
  pushNumber(value: number): void {
    if (Number.isSafeInteger(value)) this.raw._lua_pushinteger(this.L, BigInt(value));
    else this.raw._lua_pushnumber(this.L, value);
  }

  pushText(text: string, spelling: Spelling = "utf8"): void {
    // A header that somebody wrote with other letters than Latin-1 has goes out in UTF-8, not cut.
    const how = spelling === "latin1" && /[^\x00-\xff]/.test(text) ? "utf8" : spelling;
    const size = how === "utf8" ? text.length * 3 : text.length;
    this.#lend(size, (at) => this.#memory().write(text, at, how));
  }

  pushBytes(bytes: Uint8Array): void {
    this.#lend(bytes.length, (at) => {
      this.#memory().set(bytes, at);
      return bytes.length;
    });
  }

  /** What was kept with `keep`. */
  pushKept(ref: number): void {
    this.raw._lua_rawgeti(this.L, REGISTRY, BigInt(ref));
  }

  /** Takes the value on top and keeps it from being collected. */
  keep(): number {
    return this.raw._luaL_ref(this.L, REGISTRY);
  }

  forget(ref: number): void {
    this.raw._luaL_unref(this.L, REGISTRY, ref);
  }

  /** A number, or a text that spells one. Throws ScriptError for anything else. */
  number(index: number): number {
    const value = this.raw._lua_tonumberx(this.L, index, this.#size);
    if (this.raw.HEAPU32[this.#size >> 2] !== 0) return value;
    throw new ScriptError(`bad argument #${index - 1}: a number is needed`);
  }

  /** Throws ScriptError for what is neither true nor false. */
  boolean(index: number): boolean {
    if (this.type(index) === BOOLEAN) return this.raw._lua_toboolean(this.L, index) !== 0;
    throw new ScriptError(`bad argument #${index - 1}: true or false is needed`);
  }

  /** A text, or a number as the peer prints it. Throws ScriptError for anything else. */
  text(index: number, spelling: Spelling = "utf8"): string {
    const type = this.type(index);
    if (type === NUMBER) return numberText(this.number(index));
    if (type !== STRING) throw new ScriptError(`bad argument #${index - 1}: a string is needed`);
    const [at, end] = this.#span(this.raw._lua_tolstring(this.L, index, this.#size));
    return this.#memory().toString(spelling, at, end);
  }

  /** A copy of the bytes of a text, or of a number as it is printed. Throws ScriptError. */
  bytes(index: number): Buffer {
    if (this.type(index) !== STRING) return Buffer.from(this.text(index));
    const [at, end] = this.#span(this.raw._lua_tolstring(this.L, index, this.#size));
    return Buffer.from(this.#memory().subarray(at, end));
  }

  /** Any value as `tostring` prints it. */
  printed(index: number): string {
    const [at, end] = this.#span(this.raw._luaL_tolstring(this.L, index, this.#size));
    const text = this.#memory().toString("utf8", at, end);
    this.pop();
    return text;
  }

  #span(at: number): [number, number] {
    return [at, at + (this.raw.HEAPU32[this.#size >> 2] ?? 0)];
  }

  /** Lets bytes be written somewhere in the memory and pushes them. */
  #lend(size: number, write: (at: number) => number): void {
    const own = size <= SCRATCH;
    const at = own ? this.#scratch : this.raw._malloc(size);
    if (at === 0) throw new ScriptError("not enough memory");
    try {
      this.raw._lua_pushlstring(this.L, at, write(at));
    } finally {
      if (!own) this.raw._free(at);
    }
  }

  /** The memory; it is another object after it has grown. */
  #memory(): Buffer {
    const heap = this.raw.HEAPU8;
    if (heap !== this.#heap) {
      this.#heap = heap;
      this.#view = Buffer.from(heap.buffer, heap.byteOffset, heap.byteLength);
    }
    return this.#view;
  }
}

/** Source: `LNumber.String` of gopher-lua. */
function numberText(value: number): string {
  const isWhole = Number.isInteger(value) && Math.abs(value) < 2 ** 63;
  return isWhole ? BigInt(value).toString() : doubleText(value);
}

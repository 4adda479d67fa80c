import { LinkProblem } from "../../../../core/problems.ts";
import { pushFunctions } from "./calls.ts";
import { PRELUDE } from "./prelude.ts";
import { COUNT, type Machine, NO_MEMORY, OK, startLua, YIELD } from "./raw.ts";
import { Overrun, type Scene } from "./scene.ts";
import { ScriptError, Stack } from "./stack.ts";
import { type HostFunction, KINDS, type Kind, type Place } from "./values.ts";

export interface EngineOptions {
  /** Whether scripts have `string`, `math`, `os`, `io` and `coroutine`. */
  readonly libraries: boolean;
  /** How many bytes the scripts of one event may use. */
  readonly memory: number;
  /** Functions besides those of the API, such as `print`. */
  readonly functions: Readonly<Record<string, HostFunction>>;
}

/** How often the time is looked at, in instructions; some microseconds. */
const INSTRUCTIONS = 1_000;

const MOST_IDLE = 16;

/** A Lua thread, and where it is kept. */
export interface Thread {
  readonly ref: number;
  readonly L: number;
}

/** A Lua that serves one event after the other: each has globals and a thread of its own. */
export class Engine {
  /** Set when a script was stopped in the middle: nothing new is begun in here. */
  broken = false;
  closed = false;
  readonly #machine: Machine;
  readonly #stack: Stack;
  readonly #functions: Readonly<Record<string, HostFunction>>;
  readonly #memory: number;
  readonly #results: number;
  readonly #hook: number;
  #kinds = {} as Record<Kind, number>;
  readonly #idle: Thread[] = [];
  #place: Place | undefined;
  #deadline = 0;

  private constructor(machine: Machine, options: EngineOptions) {
    this.#machine = machine;
    this.#memory = options.memory;
    this.#functions = options.functions;
    this.#stack = new Stack(machine.raw, machine.L);
    this.#results = machine.raw._malloc(4);
    this.#hook = machine.raw.addFunction(() => this.#lookAtClock(), "vii");
    this.#open(options.libraries);
  }

  static async start(options: EngineOptions): Promise<Engine> {
    return new Engine(await startLua(), options);
  }

  close(): void {
    this.closed = true;
    // What was stopped in the middle is not walked through again; its memory goes as a whole.
    if (!this.broken) this.#machine.close();
  }

  /** Compiles a script, to be run in any environment. Throws ScriptError with Lua's words. */
  compile(code: string, name: string): number {
    // The environment is a local of each run: two events never share one, even when they run the same code at once.
    this.#load(`local _ENV=...;${code}`, name);
    return this.#stack.keep();
  }

  /** Lets go of what `compile` or `begin` gave. */
  forget(ref: number): void {
    this.#on(this.#machine.L).forget(ref);
  }

  /** New globals for an event. */
  globals(): number {
    const stack = this.#on(this.#machine.L);
    stack.raw._lua_createtable(stack.L, 0, 4);
    stack.pushKept(this.#kinds.globals);
    stack.raw._lua_setmetatable(stack.L, -2);
    return stack.keep();
  }

  /** A thread in which the scripts of an event run: a new one, or one whose scripts came to their end. */
  thread(): Thread {
    return this.#idle.pop() ?? this.#newThread();
  }

  /** Gives a thread back. @param ended whether nothing of a script is left on it */
  release(thread: Thread, ended: boolean): void {
    if (ended && this.#idle.length < MOST_IDLE) this.#idle.push(thread);
    else this.forget(thread.ref);
  }

  #newThread(): Thread {
    const stack = this.#on(this.#machine.L);
    const L = stack.raw._lua_newthread(stack.L);
    // Threads that a script makes inherit it.
    stack.raw._lua_sethook(L, this.#hook, COUNT, INSTRUCTIONS);
    return { ref: stack.keep(), L };
  }

  /** Puts a compiled script on a thread, to be resumed. */
  prepare(L: number, script: number, globals: number): void {
    this.#mustBeOpen();
    const stack = this.#on(L);
    stack.pushKept(script);
    stack.pushKept(globals);
  }

  /**
   * Runs a thread until it ends or waits. Throws ScriptError with what the script said, or Overrun; the engine is
   * broken after that.
   * @param time how long it may run, in milliseconds
   * @returns whether it waits
   */
  resume(L: number, args: number, scene: Scene, globals: number, time: number): boolean {
    this.#mustBeOpen();
    this.#place = { stack: this.#on(L), scene, kinds: this.#kinds, globals };
    this.#deadline = performance.now() + time;
    this.#machine.limit(this.#machine.used() + this.#memory);
    try {
      return this.#ended(this.#stack.raw._lua_resume(L, 0, args, this.#results), L);
    } catch (error) {
      if (error instanceof ScriptError) throw error;
      this.broken = true;
      throw isExhausted(error) ? new Overrun("used more stack than it may") : error;
    } finally {
      this.#machine.limit(undefined);
      this.#place = undefined;
    }
  }

  #ended(result: number, L: number): boolean {
    const stack = this.#on(L);
    if (result === OK || result === YIELD) {
      stack.raw._lua_settop(L, 0);
      return result === YIELD;
    }
    if (result === NO_MEMORY) throw new Overrun("used more memory than it may");
    throw new ScriptError(stack.printed(-1));
  }

  #mustBeOpen(): void {
    if (this.closed) throw new LinkProblem("timed_out", "the agent ended while a script waited");
  }

  #lookAtClock(): undefined {
    if (performance.now() > this.#deadline) throw new Overrun("ran longer than it may");
  }

  #on(L: number): Stack {
    this.#stack.L = L;
    return this.#stack;
  }

  #load(code: string, name: string): void {
    const stack = this.#on(this.#machine.L);
    const { raw, L } = stack;
    const text = Buffer.from(`${code}\0=${name}\0t\0`);
    const size = Buffer.byteLength(code);
    const at = raw._malloc(text.length);
    raw.HEAPU8.set(text, at);
    const result = raw._luaL_loadbufferx(L, at, size, at + size + 1, at + text.length - 2);
    raw._free(at);
    this.#demand(result);
  }

  /** Throws ScriptError with the message on top. */
  #demand(result: number): void {
    if (result === OK) return;
    const message = this.#stack.printed(-1);
    this.#stack.pop();
    throw new ScriptError(message);
  }

  #open(libraries: boolean): void {
    this.#load(PRELUDE, "outrider");
    const stack = this.#on(this.#machine.L);
    const { raw, L } = stack;
    pushFunctions(stack, this.#functions, () => this.#place!);
    stack.pushBoolean(libraries);
    this.#demand(raw._lua_pcallk(L, 2, 1, 0, 0, 0));
    for (const kind of KINDS) {
      stack.pushText(kind);
      raw._lua_rawget(L, -2);
      this.#kinds[kind] = stack.keep();
    }
    stack.pop();
  }
}

/** The stack of JavaScript or of WebAssembly is at its end: a script's doing, since ours is flat. */
function isExhausted(error: unknown): boolean {
  return error instanceof RangeError || (error instanceof Error && error.name === "RuntimeError");
}

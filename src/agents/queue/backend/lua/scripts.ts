import { ConfigProblem } from "../../../../core/problems.ts";
import type { LuaConfig } from "../../config/layers.ts";
import { Engine, type EngineOptions } from "./engine.ts";
import { readSources, type Sources } from "./sources.ts";
import { ScriptError } from "./stack.ts";

export type Part = "sources" | "pre" | "post";

/** What a part is called in messages. Source: vector L13. */
const NAMES = { sources: "sources", pre: "pre-script", post: "post-script" } as const;

/** An engine with the scripts compiled in it. */
export interface Ready {
  readonly engine: Engine;
  /** Throws ScriptError when it does not compile. Undefined: nothing to run. */
  script(part: Part): number | undefined;
}

/** The scripts of a layer, and the engine they run in; a broken one is replaced when the next event comes. */
export class Scripts {
  readonly #config: LuaConfig;
  readonly #options: EngineOptions;
  #sources: Sources = { code: "", place: (line) => `sources:L${line}` };
  #ready: Promise<Ready> | undefined;
  #now: Ready | undefined;

  constructor(config: LuaConfig, options: EngineOptions) {
    this.#config = config;
    this.#options = options;
  }

  /** Reads the files. Throws ConfigProblem. */
  async read(): Promise<void> {
    this.#sources = await readSources(this.#config.sources, this.#config.md5);
  }

  /** Sees whether everything compiles. Throws ConfigProblem. */
  async check(): Promise<void> {
    const ready = await this.ready();
    try {
      for (const part of ["sources", "pre", "post"] as const) ready.script(part);
    } catch (error) {
      if (!(error instanceof ScriptError)) throw error;
      throw new ConfigProblem("config_invalid", `a script does not compile: ${this.told(error.message)}`);
    }
  }

  /** The engine, if it is there and whole. */
  get now(): Ready | undefined {
    return this.#now?.engine.broken ? undefined : this.#now;
  }

  /** The engine, after a new one was started where it has to be. */
  async ready(): Promise<Ready> {
    if (this.now) return this.now;
    if (this.#now) this.#ready = undefined;
    this.#now = undefined;
    this.#ready ??= this.#start();
    this.#now = await this.#ready;
    return this.#now;
  }

  async close(): Promise<void> {
    const ready = await this.#ready;
    ready?.engine.close();
  }

  /** A message of Lua as the peer tells it: the place behind it. Source: vector L13. */
  told(message: string): string {
    const [, name, line, text] = /^([^\n:]+):(\d+): ([\s\S]*)$/.exec(message) ?? [];
    if (text === undefined) return message;
    const place = name === NAMES.sources ? this.#sources.place(Number(line)) : `${name}:L${line}`;
    return `${text} (${place})`;
  }

  async #start(): Promise<Ready> {
    const engine = await Engine.start(this.#options);
    const compiled = new Map<Part, { code: string; ref: number }>();
    return { engine, script: (part) => this.#compiled(engine, compiled, part) };
  }

  #compiled(engine: Engine, compiled: Map<Part, { code: string; ref: number }>, part: Part) {
    const code = part === "sources" ? this.#sources.code : this.#config[part];
    const known = compiled.get(part);
    if (code === "" || known?.code === code) return known?.ref;
    const ref = engine.compile(code, NAMES[part]);
    if (known) engine.forget(known.ref);
    compiled.set(part, { code, ref });
    return ref;
  }
}

import { performance } from "node:perf_hooks";
import type { Engine, Thread } from "./engine.ts";
import type { Scene } from "./scene.ts";
import { ScriptError } from "./stack.ts";

/** The scripts of one event, one after the other: they share globals, and nothing with other events. */
export class Run {
  readonly scene: Scene;
  readonly #engine: Engine;
  readonly #globals: number;
  readonly #thread: Thread;
  readonly #time: number;
  #ended = true;

  /** @param time how long each script may run, in milliseconds; what it waits for its own requests does not count */
  constructor(engine: Engine, scene: Scene, time: number) {
    this.scene = scene;
    this.#engine = engine;
    this.#globals = engine.globals();
    this.#thread = engine.thread();
    this.#time = time;
  }

  /**
   * Runs a compiled script to its end.
   * @returns undefined when it never waited, so that nobody has to wait for it
   * Throws ScriptError and Overrun, or LinkProblem when the engine was closed; at once or later.
   */
  script(compiled: number): Promise<void> | undefined {
    this.#engine.prepare(this.#thread.L, compiled, this.#globals);
    const left = { ms: this.#time };
    return this.#step(1, left) ? this.#others(left) : undefined;
  }

  /** Lets go of everything. A thread that was stopped in the middle stays: its engine goes as a whole. */
  end(): void {
    if (this.#engine.broken || this.#engine.closed) return;
    this.#engine.release(this.#thread, this.#ended);
    this.#engine.forget(this.#globals);
  }

  async #others(left: { ms: number }): Promise<void> {
    do {
      const { pending } = this.scene;
      if (!pending) throw new ScriptError("attempt to yield from outside a coroutine");
      this.scene.pending = undefined;
      await pending;
    } while (this.#step(0, left));
  }

  #step(args: number, left: { ms: number }): boolean {
    const began = performance.now();
    this.#ended = false;
    const waits = this.#engine.resume(this.#thread.L, args, this.scene, this.#globals, left.ms);
    left.ms -= performance.now() - began;
    this.#ended = !waits;
    return waits;
  }
}

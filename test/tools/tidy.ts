import { afterAll, afterEach } from "vitest";

type Undo = () => void | Promise<void>;

/** Remembers how to take back what a test did, and does it in the end, last first, also when the test failed. */
export class Tidy {
  readonly #undos: Undo[] = [];

  /** @param hook when to tidy up: after each test, or after all tests of the file or `describe` */
  constructor(hook: "each" | "all" = "each") {
    const run = () => this.#run();
    if (hook === "each") afterEach(run);
    else afterAll(run);
  }

  later(undo: Undo): void {
    this.#undos.push(undo);
  }

  async #run(): Promise<void> {
    for (const undo of this.#undos.splice(0).reverse()) await undo();
  }
}

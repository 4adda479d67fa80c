import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Remembers things without holding them, to count those that somebody else still holds. */
export class Survivors {
  readonly #all: WeakRef<object>[] = [];

  watch<T extends object>(thing: T): T {
    this.#all.push(new WeakRef(thing));
    return thing;
  }

  /** How many are still held. */
  async count(): Promise<number> {
    // What a WeakRef was made for or asked about lives until the end of its turn of the event loop.
    for (let turn = 0; turn < 3; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      collect();
    }
    return this.#all.filter((each) => each.deref() !== undefined).length;
  }
}

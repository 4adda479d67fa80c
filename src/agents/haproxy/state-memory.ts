import { Bell } from "../../core/bell.ts";
import type { Feed, Link } from "../../core/feed.ts";
import { onAbort } from "../../core/life.ts";
import type { Revision } from "../../core/replica.ts";
import type { State } from "./state.ts";

/** The state of a service that has no file: changed by actions alone, and kept by the replica's snapshot. */
export class StateMemory implements Feed<Revision<State>> {
  readonly local = true;
  readonly #bell = new Bell();
  readonly #initial: State;
  #changes: Partial<State>[] = [];

  constructor(initial: State) {
    this.#initial = initial;
  }

  set(change: Partial<State>): void {
    this.#changes.push(change);
    this.#bell.ring();
  }

  /** There is nothing to read. */
  reread(): void {}

  async probe(): Promise<void> {}

  async *open(link: Link<Revision<State>>): AsyncGenerator<Revision<State>> {
    if (link.signal.aborted) return;
    const forget = onAbort(link.signal, () => this.#bell.ring());
    let { version, data } = link.after ?? { version: "0", data: this.#initial };
    try {
      link.up();
      if (!link.after) yield { version, data };
      while (!link.signal.aborted) {
        for (const change of this.#changes.splice(0)) {
          version = String(Number(version) + 1);
          data = { ...data, ...change };
          yield { version, data };
        }
        link.up();
        await this.#bell.rung();
      }
    } finally {
      forget();
    }
  }
}

import type { State } from "./state.ts";

/** A state, and since when it was said, in milliseconds since 1970. */
export type Said = State & { readonly at: number };

/** So many changes are remembered. */
const MOST = 500;

/** What a service said lately, the oldest first: the weight's way, and why a server was taken out. */
export class Story {
  readonly #said: Said[] = [];

  tell(state: State): void {
    this.#said.push({ at: Date.now(), ...state });
    if (this.#said.length > MOST) this.#said.shift();
  }

  get said(): readonly Said[] {
    return [...this.#said];
  }
}

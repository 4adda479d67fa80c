/** Hosts that take turns, from a random start. The list may change at any time. */
export class Hosts {
  #list: readonly string[];
  #turn: number;

  constructor(list: readonly string[] = []) {
    this.#list = list;
    this.#turn = Math.floor(Math.random() * Math.max(1, list.length));
  }

  /** Undefined while there is none. */
  next(): string | undefined {
    if (this.#list.length < 2) return this.#list[0];
    if (this.#turn >= this.#list.length) this.#turn = 0;
    return this.#list[this.#turn++];
  }

  replace(list: readonly string[]): void {
    if (this.#list.length === 0) this.#turn = Math.floor(Math.random() * Math.max(1, list.length));
    this.#list = list;
  }
}

import { type Beginnings, hashOf, spread } from "./hash.ts";

/**
 * A table from beginnings to lists. For a text it finds the lists of all its beginnings with one look for each
 * length that occurs, however many beginnings there are.
 */
export class PrefixTable<T> {
  readonly #lists = new Map<string, T[]>();
  #lengths: number[] = [];
  #slots: Int32Array = new Int32Array(0);
  #prefixes: string[] = [];
  #values: T[][] = [];

  add(prefix: string, value: T): void {
    const list = this.#lists.get(prefix);
    if (list) list.push(value);
    else this.#lists.set(prefix, [value]);
  }

  /** Ends the adding: sorts each list, and makes ready for finding. */
  seal(compare: (a: T, b: T) => number): void {
    this.#prefixes = [...this.#lists.keys()];
    this.#values = [...this.#lists.values()];
    for (const list of this.#values) list.sort(compare);
    this.#lists.clear();
    this.#lengths = [...new Set(this.#prefixes.map((prefix) => prefix.length))].sort((a, b) => a - b);
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * this.#prefixes.length + 2)));
    for (const [entry, prefix] of this.#prefixes.entries())
      this.#slots[this.#freeSlot(hashOf(prefix))] = entry + 1;
  }

  get size(): number {
    return this.#prefixes.length;
  }

  /** Appends the lists of all beginnings of `first + second`, which `beginnings` has read; the shortest come first. */
  find(first: string, second: string, beginnings: Beginnings, found: T[][]): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (const length of this.#lengths) {
      if (length > beginnings.length) return;
      let slot = spread(beginnings.at(length)) & mask;
      for (; slots[slot] !== 0; slot = (slot + 1) & mask) {
        const entry = slots[slot]! - 1;
        if (this.#prefixes[entry]!.length === length && begins(first, second, this.#prefixes[entry]!)) {
          found.push(this.#values[entry]!);
          break;
        }
      }
    }
  }

  #freeSlot(hash: number): number {
    const mask = this.#slots.length - 1;
    let slot = spread(hash) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    return slot;
  }
}

/** Whether `first + second` begins with the prefix. */
function begins(first: string, second: string, prefix: string): boolean {
  if (prefix.length <= first.length) return first.startsWith(prefix);
  return prefix.startsWith(first) && second.startsWith(prefix.slice(first.length));
}

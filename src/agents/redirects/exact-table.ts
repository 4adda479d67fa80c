import { type Beginnings, hashOf, spread } from "./hash.ts";

/**
 * A hash table from byte texts to numbers that holds no texts of its own: it is given the number of an entry and
 * looks its key up. A table of 700,000 rules takes 16 MB.
 */
export class ExactTable {
  readonly #keys: readonly string[];
  #entries = new Int32Array(16);
  /** The hash of each slot's key, so that growing reads no keys. */
  #hashes = new Int32Array(16);
  #count = 0;

  /** @param keys the key of each entry by its number */
  constructor(keys: readonly string[]) {
    this.#keys = keys;
  }

  get size(): number {
    return this.#count;
  }

  /** Adds an entry; it takes the place of one with an equal key. */
  set(entry: number): void {
    if (2 * (this.#count + 1) > this.#entries.length) this.#grow();
    const key = this.#keys[entry]!;
    const hash = hashOf(key);
    const mask = this.#entries.length - 1;
    let slot = spread(hash) & mask;
    while (this.#entries[slot] !== 0 && this.#keys[this.#entries[slot]! - 1] !== key)
      slot = (slot + 1) & mask;
    if (this.#entries[slot] === 0) this.#count++;
    this.#entries[slot] = entry + 1;
    this.#hashes[slot] = hash;
  }

  /** The entry whose key is `first + second`, which `beginnings` has read; -1 if there is none. */
  get(first: string, second: string, beginnings: Beginnings): number {
    const entries = this.#entries;
    const mask = entries.length - 1;
    const length = first.length + second.length;
    const hash = beginnings.at(length);
    for (let slot = spread(hash) & mask; entries[slot] !== 0; slot = (slot + 1) & mask) {
      if (this.#hashes[slot] !== hash) continue;
      const entry = entries[slot]! - 1;
      const key = this.#keys[entry]!;
      if (
        first === "" ? key === second : key.length === length && key.startsWith(first) && key.endsWith(second)
      )
        return entry;
    }
    return -1;
  }

  #grow(): void {
    const entries = this.#entries;
    const hashes = this.#hashes;
    this.#entries = new Int32Array(entries.length * 2);
    this.#hashes = new Int32Array(entries.length * 2);
    const mask = this.#entries.length - 1;
    for (let from = 0; from < entries.length; from++) {
      if (entries[from] === 0) continue;
      let slot = spread(hashes[from]!) & mask;
      while (this.#entries[slot] !== 0) slot = (slot + 1) & mask;
      this.#entries[slot] = entries[from]!;
      this.#hashes[slot] = hashes[from]!;
    }
  }
}

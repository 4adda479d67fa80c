/**
 * A rolling hash over byte texts. One pass over a request gives the hash of every beginning of it, so that finding
 * the rules for it needs no substrings.
 */

const START = 0x811c9dc5 | 0;

/** FNV-1a over one more byte. */
export function roll(hash: number, code: number): number {
  return Math.imul(hash ^ code, 0x01000193);
}

/** Spreads a rolled hash over all bits, for use as a table index. */
export function spread(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

export function hashOf(text: string): number {
  let hash = START;
  for (let i = 0; i < text.length; i++) hash = roll(hash, text.charCodeAt(i));
  return hash;
}

/** The hashes of all beginnings of a text in one or two parts; one scratch, used again for each text. */
export class Beginnings {
  #hashes = new Int32Array(4_096);
  length = 0;
  /** Whether every character is printable ASCII. */
  plain = true;

  /** Hashes `first + second` without joining them. */
  read(first: string, second: string): void {
    this.length = first.length + second.length;
    if (this.length >= this.#hashes.length) this.#hashes = new Int32Array(2 * this.length + 1);
    this.#hashes[0] = START;
    this.plain = true;
    this.#roll(first, 0);
    this.#roll(second, first.length);
  }

  /** The hash of the first `length` characters. */
  at(length: number): number {
    return this.#hashes[length]!;
  }

  #roll(text: string, from: number): void {
    const hashes = this.#hashes;
    let hash = hashes[from]!;
    let odd = 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      // Printable ASCII is 0x20 to 0x7e; everything else sets a bit above the seventh.
      odd |= (code - 0x20) | (0x7e - code);
      hash = roll(hash, code);
      hashes[from + i + 1] = hash;
    }
    if (odd < 0) this.plain = false;
  }
}

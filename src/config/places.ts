import type { LineCounter } from "yaml";

/** A key or value in a configuration: names of maps and numbers of lists, from the root. */
export type Path = readonly (string | number)[];

/** A text that was read, and where its lines begin. */
export class Origin {
  readonly #file: string;
  readonly #lines: LineCounter;

  constructor(file: string, lines: LineCounter) {
    this.#file = file;
    this.#lines = lines;
  }

  /** What stands at an offset, as `file:line:column`. */
  at(offset: number): string {
    const { line, col } = this.#lines.linePos(offset);
    return `${this.#file}:${line}:${col}`;
  }
}

/** The offsets of a key and of its value: most of them are never told. */
export interface Place {
  readonly origin: Origin;
  readonly key: number;
  readonly value: number;
}

/** Remembers where everything in a configuration stands, so that a complaint can name its place. */
export class Places {
  readonly #places = new Map<string, Place>();

  set(path: Path, place: Place): void {
    this.#places.set(keyOf(path), place);
  }

  /** Where the value stands, as `file:line:column`; for something that is missing, where its nearest parent stands. */
  ofValue(path: Path): string {
    for (let length = path.length; length >= 0; length--) {
      const place = this.#get(path.slice(0, length));
      if (place) return place.origin.at(length === path.length ? place.value : place.key);
    }
    return "";
  }

  /** Where the key stands, as `file:line:column`. */
  ofKey(path: Path): string {
    const place = this.#get(path);
    return place ? place.origin.at(place.key) : this.ofValue(path);
  }

  /** Those of paths with so many steps at most. */
  upTo(steps: number): Places {
    const near = new Places();
    for (const [key, place] of this.#places)
      if (key.split("\u0000").length - 1 <= steps) near.#places.set(key, place);
    return near;
  }

  /** Takes over what other places know and these do not. */
  adopt(other: Places): void {
    for (const [key, place] of other.#places) if (!this.#places.has(key)) this.#places.set(key, place);
  }

  #get(path: Path): Place | undefined {
    return this.#places.get(keyOf(path));
  }
}

/** `agents.web-1.from.file`, or `the top level` for the root. */
export function pathText(path: Path): string {
  return path.length === 0 ? "the top level" : path.join(".");
}

function keyOf(path: Path): string {
  return path.map((step) => `${step}\u0000`).join("");
}

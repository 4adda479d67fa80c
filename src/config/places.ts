/** A key or value in a configuration: names of maps and numbers of lists, from the root. */
export type Path = readonly (string | number)[];

/** Where a key and its value stand, as `file:line:column`. */
export interface Place {
  readonly key: string;
  readonly value: string;
}

/** Remembers where everything in a configuration stands, so that a complaint can name its place. */
export class Places {
  readonly #places = new Map<string, Place>();

  set(path: Path, place: Place): void {
    this.#places.set(keyOf(path), place);
  }

  get(path: Path): Place | undefined {
    return this.#places.get(keyOf(path));
  }

  /** Where the value stands; for something that is missing, where its nearest parent stands. */
  ofValue(path: Path): string {
    for (let length = path.length; length >= 0; length--) {
      const place = this.get(path.slice(0, length));
      if (place) return length === path.length ? place.value : place.key;
    }
    return "";
  }

  /** Where the key stands. */
  ofKey(path: Path): string {
    return this.get(path)?.key ?? this.ofValue(path);
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
}

/** `agents.web-1.from.file`, or `the top level` for the root. */
export function pathText(path: Path): string {
  return path.length === 0 ? "the top level" : path.join(".");
}

function keyOf(path: Path): string {
  return path.map((step) => `${step}\u0000`).join("");
}

/** The peer's options, wherever they stand: names in any case, parts joined by `__` or `:`. The environment wins. */
export class Options {
  /** By name in lower case, parts joined by `:`. */
  readonly #values = new Map<string, string>();
  /** Where each was found, as it was written there. */
  readonly #places = new Map<string, string>();

  constructor(env: Readonly<Record<string, string | undefined>>, document: unknown) {
    this.#flatten([], document);
    for (const [name, value] of Object.entries(env))
      if (value !== undefined) this.#put(name.replaceAll("__", ":"), value, name);
  }

  /** @returns undefined for an option that is not set, or blank */
  text(name: string): string | undefined {
    const value = this.#values.get(name.toLowerCase())?.trim();
    return value === "" ? undefined : value;
  }

  /** Where an option stands; for one that is not set, how it would be called in the environment. */
  place(name: string): string {
    return this.#places.get(name.toLowerCase()) ?? name.replaceAll(":", "__");
  }

  /** The elements of a list, `Name:0`, `Name:1` …, as far as anything of them is set. */
  list(name: string): string[] {
    const pattern = new RegExp(`^${name.toLowerCase()}:(\\d+):`);
    const numbers = [...this.#values.keys()].flatMap((key) => pattern.exec(key)?.[1] ?? []);
    return [...new Set(numbers)].toSorted().map((number) => `${name}:${number}`);
  }

  #flatten(path: readonly string[], value: unknown): void {
    if (value !== null && typeof value === "object")
      for (const [name, inner] of Object.entries(value)) this.#flatten([...path, name], inner);
    else if (path.length > 0 && value !== null && value !== undefined)
      this.#put(path.join(":"), String(value), path.join("."));
  }

  #put(name: string, value: string, place: string): void {
    this.#values.set(name.toLowerCase(), value);
    this.#places.set(name.toLowerCase(), place);
  }
}

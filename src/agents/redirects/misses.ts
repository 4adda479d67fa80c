/** So many paths are told apart before the rare ones are forgotten. */
const MOST = 2_000;
/** Paths are cut to this length, so that nobody can fill the memory with them. */
const LONGEST = 200;

/** The paths that matched nothing, counted. Rare ones are forgotten when there are too many; frequent ones stay. */
export class Misses {
  #counts = new Map<string, number>();
  total = 0;

  missed(host: string, uri: string): void {
    this.total++;
    const key = (host + uri).slice(0, LONGEST);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    if (this.#counts.size > MOST) this.#counts = new Map(this.#sorted().slice(0, MOST / 2));
  }

  top(most: number): { url: string; count: number }[] {
    return this.#sorted()
      .slice(0, most)
      .map(([url, count]) => ({ url, count }));
  }

  #sorted(): [string, number][] {
    return [...this.#counts].sort(([, a], [, b]) => b - a);
  }
}

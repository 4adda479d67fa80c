import { toText } from "./bytes.ts";

/** So many paths are told apart before the rare ones are forgotten. */
const MOST = 2_000;
/** Paths are cut to this length, so that nobody can fill the memory with them. */
const LONGEST = 200;

/** The paths that matched nothing, counted. Rare ones are forgotten when there are too many; frequent ones stay. */
export class Misses {
  #counts = new Map<string, number>();
  total = 0;

  /** Byte texts. */
  missed(host: string, uri: string): void {
    this.total++;
    const url = (host + uri).slice(0, LONGEST);
    const count = this.#counts.get(url);
    // A copy, because a piece of a text keeps the whole of it, and that is everything the client sent at once.
    const key = count === undefined ? Buffer.from(url, "latin1").toString("latin1") : url;
    this.#counts.set(key, (count ?? 0) + 1);
    if (this.#counts.size > MOST) this.#counts = new Map(this.#sorted().slice(0, MOST / 2));
  }

  top(most: number): { url: string; count: number }[] {
    return this.#sorted()
      .slice(0, most)
      .map(([url, count]) => ({ url: toText(url), count }));
  }

  #sorted(): [string, number][] {
    return [...this.#counts].sort(([, a], [, b]) => b - a);
  }
}

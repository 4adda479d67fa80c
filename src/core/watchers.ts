/** Those who want to be told of something. */
export class Watchers<T> {
  readonly #watchers = new Set<(news: T) => void>();

  /** @returns a function that ends it */
  watch(told: (news: T) => void): () => void {
    this.#watchers.add(told);
    return () => this.#watchers.delete(told);
  }

  tell(news: T): void {
    for (const told of this.#watchers) told(news);
  }
}

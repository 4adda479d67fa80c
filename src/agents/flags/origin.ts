import type { Backoff } from "../../core/backoff.ts";
import { Bell } from "../../core/bell.ts";
import { type Feed, follow, type Link } from "../../core/feed.ts";
import type { Part } from "../../core/health.ts";
import { unless, Within } from "../../core/life.ts";
import type { Revision } from "../../core/revision.ts";
import { type Applied, apply, type News } from "./dataset.ts";
import { type DataSet, empty } from "./model.ts";
import { dataVersion } from "./version.ts";

/** Somebody who tells news, and how that link is. */
export interface Teller {
  readonly feed: Feed<News>;
  readonly part: Part;
  readonly backoff: Backoff;
}

interface Told {
  readonly news: News;
  readonly done: (applied: Applied | undefined) => void;
}

/**
 * Where data comes from: news of several tellers becomes one truth. Whoever wants to change what is served, be it a
 * stream, a file, or somebody who posts a dump, tells it here, and it takes its turn.
 */
export class Origin implements Feed<Revision<DataSet>> {
  /** Each teller has a health of its own; to be here is never to be behind. */
  readonly local = true;
  readonly #tellers: readonly Teller[];
  readonly #bell = new Bell();
  #queue: Told[] = [];
  #data: DataSet = empty;
  #replaced = new Set<string>();
  #number = 0;
  #takesOlder = false;
  /** How many items the server last had in an older version than is held: it may have been restored. */
  older = 0;

  constructor(tellers: readonly Teller[]) {
    this.#tellers = tellers;
  }

  /** The next that tells of everything is believed, older items included. */
  takeOlder(): void {
    this.#takesOlder = true;
  }

  /** What is held now. */
  get data(): DataSet {
    return this.#data;
  }

  /** Environments that were replaced since somebody asked. */
  takeReplaced(): ReadonlySet<string> {
    const replaced = this.#replaced;
    this.#replaced = new Set();
    return replaced;
  }

  /** Resolves when the news is served; with undefined if it never will be. */
  tell(news: News): Promise<Applied | undefined> {
    return new Promise((done) => {
      this.#queue.push({ news, done });
      this.#bell.ring();
    });
  }

  async *open(link: Link<Revision<DataSet>>): AsyncGenerator<Revision<DataSet>> {
    if (link.after) this.#data = link.after.data;
    let first = link.after === undefined;
    if (link.signal.aborted) return;
    link.up();
    const within = new Within(link.signal);
    let failure: unknown;
    const fail = (error: unknown) => {
      failure ??= error;
      within.end();
    };
    const following = this.#tellers.map((teller) => this.#follow(teller, within.signal).catch(fail));
    try {
      for (let told = await this.#next(within.signal); told; told = await this.#next(within.signal)) {
        const news = this.#believed(told.news);
        const applied = apply(this.#data, news);
        this.#data = applied.data;
        const replaced = news.kind === "replacement";
        if (news.kind !== "patch") this.older = applied.older;
        if (replaced) for (const { envId } of news.environments) this.#replaced.add(envId);
        // Empty news is news where there was none.
        if (applied.touched.length > 0 || first || replaced) yield this.#revision(applied);
        first = false;
        told.done(applied);
      }
    } finally {
      within.end();
      await Promise.all(following);
    }
    if (failure !== undefined) throw failure;
  }

  /** Nobody will take anything any more. */
  end(): void {
    for (const { done } of this.#queue.splice(0)) done(undefined);
  }

  #believed(news: News): News {
    if (!this.#takesOlder || news.kind !== "full") return news;
    this.#takesOlder = false;
    return { ...news, kind: "replacement" };
  }

  #revision({ data, touched }: Applied): Revision<DataSet> {
    // Two states may have one data version: secrets have none, and what is deleted takes its own along.
    return { version: `${dataVersion(data)}.${++this.#number}`, data, touched };
  }

  async #follow({ feed, part, backoff }: Teller, signal: AbortSignal): Promise<void> {
    for await (const news of follow(feed, { signal, part, backoff })) {
      // Until it is served, nothing further is taken: that is what slows a teller down.
      await unless(signal, this.tell(news));
    }
  }

  async #next(signal: AbortSignal): Promise<Told | undefined> {
    while (!signal.aborted) {
      const told = this.#queue.shift();
      if (told) return told;
      await this.#bell.rung(signal);
    }
    return undefined;
  }
}

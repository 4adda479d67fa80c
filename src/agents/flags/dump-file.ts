import type { Feed, Link } from "../../core/feed.ts";
import type { Part } from "../../core/health.ts";
import { messageOf, RejectedProblem } from "../../core/problems.ts";
import { FileFeed } from "../../wire/file.ts";
import type { News } from "./dataset.ts";
import { readDump } from "./dump.ts";

/** A dump in a file, again after every change. One with a mistake is refused, and what was served goes on. */
export class DumpFile implements Feed<News> {
  readonly local = true;
  readonly #file: FileFeed;
  readonly #path: string;
  readonly #part: Part;

  /** @param part told of a file that cannot be used */
  constructor(path: string, part: Part) {
    this.#file = new FileFeed(path);
    this.#path = path;
    this.#part = part;
  }

  async *open(link: Link<News>): AsyncGenerator<News> {
    if (link.signal.aborted) return;
    const { signal } = link;
    for await (const { data } of this.#file.open({ signal, after: undefined, up: () => link.up() })) {
      const news = this.#read(data);
      if (news && !signal.aborted) yield news;
    }
  }

  async probe(signal: AbortSignal): Promise<void> {
    for await (const { data } of this.#file.open({ signal, after: undefined, up() {} })) {
      readText(data, this.#path);
      return;
    }
  }

  #read(text: string): News | undefined {
    try {
      const news = readText(text, this.#path);
      this.#part.up();
      return news;
    } catch (error) {
      if (!(error instanceof RejectedProblem)) throw error;
      this.#part.down(error);
      return undefined;
    }
  }
}

function readText(text: string, path: string): News {
  try {
    return { kind: "replacement", environments: readDump(JSON.parse(text)) };
  } catch (error) {
    throw new RejectedProblem("data_refused", `${path}: ${messageOf(error)}`);
  }
}

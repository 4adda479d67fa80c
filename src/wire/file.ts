import { createHash } from "node:crypto";
import { type FSWatcher, watch } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { Bell } from "../core/bell.ts";
import type { Feed, Link } from "../core/feed.ts";
import { onAbort } from "../core/life.ts";
import { LinkProblem, messageOf } from "../core/problems.ts";
import type { Revision } from "../core/replica.ts";

/** How often a file is looked at where the system does not tell of changes, in milliseconds. */
const EVERY = 2_000;

/** A local file as an origin: its text, again after every change. The version is the checksum of the content. */
export class FileFeed implements Feed<Revision<string>> {
  readonly local = true;
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async *open(link: Link<Revision<string>>): AsyncGenerator<Revision<string>> {
    let version = link.after?.version;
    for await (const _ of changes(this.#path, link.signal)) {
      const revision = await this.#read();
      link.up();
      if (revision.version !== version) yield revision;
      version = revision.version;
    }
  }

  async probe(): Promise<void> {
    await this.#read();
  }

  async #read(): Promise<Revision<string>> {
    try {
      const data = await readFile(this.#path, "utf8");
      return { version: createHash("sha256").update(data).digest("hex").slice(0, 16), data };
    } catch (error) {
      throw new LinkProblem("file_missing", `cannot read ${this.#path}: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }
}

/**
 * Yields once at the start and then after every change of a file, be it written in place, replaced by rename,
 * removed, or made anew. Notices by the system's notifications, and by a look every two seconds where there are none.
 */
export async function* changes(path: string, signal: AbortSignal): AsyncGenerator<void> {
  const bell = new Bell();
  const watcher = watchFolder(path, () => bell.ring());
  const timer = setInterval(() => bell.ring(), EVERY);
  const forget = onAbort(signal, () => bell.ring());
  let seen: string | undefined;
  try {
    while (!signal.aborted) {
      const now = await fingerprint(path);
      if (now !== seen) {
        seen = now;
        yield;
      } else await bell.rung();
    }
  } finally {
    forget();
    clearInterval(timer);
    watcher?.close();
  }
}

/** The folder is watched, not the file: a file that is replaced by rename takes its watcher with it. */
function watchFolder(path: string, changed: () => void): FSWatcher | undefined {
  try {
    const name = basename(path);
    const watcher = watch(dirname(path), { persistent: false }, (_, file) => {
      if (file === null || file === name) changed();
    });
    return watcher.on("error", () => watcher.close());
  } catch {
    return undefined;
  }
}

async function fingerprint(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch (error) {
    return `missing: ${messageOf(error)}`;
  }
}

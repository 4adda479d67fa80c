import { readdir, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Bell } from "../core/bell.ts";
import type { Delivery } from "../core/delivery.ts";
import type { Feed } from "../core/feed.ts";
import { type Life, Lifetime, onAbort } from "../core/life.ts";
import { errnoOf } from "../core/problems.ts";
import type { Snapshot } from "../core/revision.ts";
import { FileSource, type Mark } from "./file-source.ts";

/** How far the replay of a file is. */
export interface ReplayProgress {
  readonly file: string;
  delivered: number;
  rejected: number;
  /** Lines that nobody can make anything of. The file is kept beside, then. */
  unreadable: number;
  /** Bytes of the file whose lines were taken to be sent, in this run of the process; and how large it is. */
  bytes: number;
  readonly of: number;
}

export interface ReplayOptions {
  /** Where rejected items are kept, a line each. */
  readonly file: string;
  /** Remembers how far a replay is that was cut off. */
  readonly snapshot: Snapshot<Mark>;
  /** Runs a pipeline over the lines until told to stop. */
  pass(lines: Feed<Delivery<string>>, progress: ReplayProgress, life: Life): Promise<void>;
}

/**
 * Sends again what was set aside in a file. The file is moved away first, so that what is rejected once more stands in
 * a fresh one; it is removed when all of it is settled, or renamed to `.unreadable-…` where lines of it could not be
 * read. A replay that was cut off goes on at the next start.
 */
export class FileReplay {
  readonly #options: ReplayOptions;
  readonly #bell = new Bell();
  #current: ReplayProgress | undefined;
  #last: ReplayProgress | undefined;

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  get progress(): { readonly running?: ReplayProgress; readonly last?: ReplayProgress } {
    return { ...(this.#current && { running: this.#current }), ...(this.#last && { last: this.#last }) };
  }

  /** Begins one. @returns whether there was anything to send */
  async begin(): Promise<{ readonly replaying: boolean }> {
    const { file } = this.#options;
    const moved = await rename(file, `${file}.replay-${Date.now()}`).then(
      () => true,
      (error: unknown) => {
        if (errnoOf(error) === "ENOENT") return false;
        throw error;
      },
    );
    this.#bell.ring();
    return { replaying: moved || this.#current !== undefined };
  }

  async run(life: Life): Promise<void> {
    while (!life.stop.aborted) {
      const file = await this.#next();
      if (file === undefined) await this.#bell.rung(life.stop);
      else await this.#replay(file, life);
    }
  }

  /** The oldest file that waits. */
  async #next(): Promise<string | undefined> {
    const { file } = this.#options;
    const names = await readdir(dirname(file)).catch(() => []);
    const begin = `${basename(file)}.replay-`;
    const [first] = names.filter((name) => name.startsWith(begin)).sort();
    return first && join(dirname(file), first);
  }

  async #replay(path: string, life: Life): Promise<void> {
    const { size: of } = await stat(path);
    const progress = { file: basename(path), delivered: 0, rejected: 0, unreadable: 0, bytes: 0, of };
    this.#current = progress;
    const inner = new Lifetime();
    const forgetStop = onAbort(life.stop, () => inner.ringStop(life.stop.reason));
    const forgetKill = onAbort(life.kill, () => inner.ringKill(life.kill.reason));
    let ended = false;
    const whenEnded = () => {
      ended = true;
      inner.ringStop("stopped");
    };
    try {
      const lines = new FileSource({ path, snapshot: ofFile(progress.file, this.#options.snapshot) });
      await this.#options.pass(toItsEnd(lines, progress, whenEnded), progress, inner);
    } finally {
      forgetStop();
      forgetKill();
    }
    this.#current = undefined;
    this.#last = progress;
    if (!ended) return;
    if (progress.unreadable === 0) await unlink(path);
    else await rename(path, path.replace(/\.replay-(\d+)$/, ".unreadable-$1"));
  }
}

/** How far one file is: another may get its inode, and shall not be begun where this one ended. */
function ofFile(name: string, snapshot: Snapshot<Mark>): Snapshot<Mark> {
  return {
    load: async () => {
      const found = await snapshot.load();
      return found?.version === name ? found : undefined;
    },
    save: ({ data }) => snapshot.save({ version: name, data }),
  };
}

/** A feed that says when it has ended by itself: a file ends when all of it is settled. */
function toItsEnd(
  feed: Feed<Delivery<string>>,
  progress: ReplayProgress,
  ended: () => void,
): Feed<Delivery<string>> {
  return {
    async *open(link) {
      for await (const line of feed.open(link)) {
        // With the line end.
        progress.bytes += line.bytes + 1;
        yield line;
      }
      if (!link.signal.aborted) ended();
    },
  };
}

import { appendFile, readdir, readFile, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Bell } from "../core/bell.ts";
import type { Delivery } from "../core/delivery.ts";
import type { Feed } from "../core/feed.ts";
import { InnerLife, type Life } from "../core/life.ts";
import { errnoOf, LinkProblem, messageOf } from "../core/problems.ts";
import type { Snapshot } from "../core/revision.ts";
import { writeAtomically } from "./atomic.ts";
import { FileSource, type Mark } from "./file-source.ts";
import { inTurn } from "./path-turns.ts";
import { asideId } from "./set-aside.ts";

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
 *
 * Where only some are wanted, the others are written back to the file. Of a replay that was killed, a few may be there
 * twice then, but none is lost.
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

  /**
   * Begins one.
   * @param ids only these items, as `listAside` names them; default all
   * @returns whether there was anything to send
   */
  async begin(ids?: readonly string[]): Promise<{ readonly replaying: boolean }> {
    const { file } = this.#options;
    const to = `${file}.replay-${Date.now()}`;
    // Before the file, so that nothing is sent that was not picked, whenever we are cut off.
    if (ids) await writeAtomically(picksOf(to), [JSON.stringify(ids)]);
    // Between two writes: what is added after its last line was read would be removed unseen.
    const moved = await inTurn(file, () => rename(file, to)).then(
      () => true,
      async (error: unknown) => {
        if (ids) await unlink(picksOf(to));
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
    const inner = new InnerLife(life);
    let ended = false;
    const whenEnded = () => {
      ended = true;
      inner.ringStop("stopped");
    };
    try {
      const lines = new FileSource({ path, snapshot: ofFile(progress.file, this.#options.snapshot) });
      const all = toItsEnd(lines, progress, whenEnded);
      const picked = onlyPicked(all, await readPicks(path), this.#options.file);
      await this.#options.pass(picked, progress, inner);
    } finally {
      inner.release();
    }
    this.#current = undefined;
    this.#last = progress;
    if (!ended) return;
    if (progress.unreadable === 0) await unlink(path);
    else await rename(path, path.replace(/\.replay-(\d+)$/, ".unreadable-$1"));
    await unlink(picksOf(path)).catch(() => {});
  }
}

/** Where it stands which items of a file were picked. */
function picksOf(path: string): string {
  return path.replace(/\.replay-(\d+)$/, ".picks-$1");
}

async function readPicks(path: string): Promise<ReadonlySet<string> | undefined> {
  const text = await readFile(picksOf(path), "utf8").catch((error: unknown) => {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  });
  return text === undefined ? undefined : new Set(JSON.parse(text) as string[]);
}

/** The picked lines; the others are put back. */
function onlyPicked(
  lines: Feed<Delivery<string>>,
  ids: ReadonlySet<string> | undefined,
  back: string,
): Feed<Delivery<string>> {
  if (!ids) return lines;
  return {
    async *open(link) {
      for await (const delivery of lines.open(link)) {
        if (ids.has(asideId(delivery.value))) {
          yield delivery;
          continue;
        }
        await putBack(back, delivery.value);
        await delivery.settle("done");
      }
    },
  };
}

async function putBack(path: string, line: string): Promise<void> {
  await inTurn(path, () => appendFile(path, `${line}\n`, { mode: 0o600 })).catch((cause: unknown) => {
    throw new LinkProblem("state_unwritable", `cannot write ${path}: ${messageOf(cause)}`, { cause });
  });
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

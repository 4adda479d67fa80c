import { readdir, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Host } from "../../core/agent.ts";
import { Bell } from "../../core/bell.ts";
import type { Delivery } from "../../core/delivery.ts";
import type { Feed } from "../../core/feed.ts";
import { type Life, Lifetime, onAbort } from "../../core/life.ts";
import { ConfigProblem, errnoOf } from "../../core/problems.ts";
import type { Snapshot } from "../../core/revision.ts";
import { FileSource, type Mark } from "../../wire/file-source.ts";
import { parseLine } from "../../wire/ndjson.ts";
import type { Event } from "./event.ts";
import { fromJson } from "./event-json.ts";
import { mapped } from "./sources.ts";

/** How far the replay of a file is. */
export interface Progress {
  readonly file: string;
  delivered: number;
  rejected: number;
}

/** Runs a pipeline over a source until it ends. */
export type Passing = (source: Feed<Delivery<Event>>, progress: Progress, life: Life) => Promise<void>;

/**
 * Sends again what was set aside in a file. The file is moved away first, so that what is rejected once more stands in
 * a fresh one; it is removed when all of it is settled. A replay that was cut off goes on at the next start.
 */
export class Replay {
  readonly #file: string | undefined;
  readonly #host: Host;
  readonly #pass: Passing;
  readonly #bell = new Bell();
  #current: Progress | undefined;
  #last: Progress | undefined;

  constructor(file: string | undefined, host: Host, pass: Passing) {
    this.#file = file;
    this.#host = host;
    this.#pass = pass;
  }

  get progress(): { readonly running?: Progress; readonly last?: Progress } {
    return { ...(this.#current && { running: this.#current }), ...(this.#last && { last: this.#last }) };
  }

  /** Begins one. @returns whether there was anything. Throws ConfigProblem where nothing is kept in a file */
  async begin(): Promise<{ readonly replaying: boolean }> {
    if (this.#file === undefined) {
      throw new ConfigProblem("input_invalid", "rejected events of this agent are not kept in a file", {
        remedy: "Set `rejected: { file: {} }`; what is in a dead-letter queue is moved back there.",
      });
    }
    const moved = await rename(this.#file, `${this.#file}.replay-${Date.now()}`).then(
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
    if (this.#file === undefined) return undefined;
    const folder = dirname(this.#file);
    const names = await readdir(folder).catch(() => []);
    const begin = `${basename(this.#file)}.replay-`;
    const [first] = names.filter((name) => name.startsWith(begin)).sort();
    return first && join(folder, first);
  }

  async #replay(path: string, life: Life): Promise<void> {
    const progress = { file: basename(path), delivered: 0, rejected: 0 };
    this.#current = progress;
    const inner = new Lifetime();
    const forget = [
      onAbort(life.stop, () => inner.ringStop(life.stop.reason)),
      onAbort(life.kill, () => inner.ringKill(life.kill.reason)),
    ];
    let ended = false;
    const snapshot = ofFile(progress.file, this.#host.snapshot<Mark>("replay"));
    const lines = new FileSource({ path, snapshot });
    const source = once(
      mapped(lines, (line) => fromJson(parseLine(line))),
      () => {
        ended = true;
        inner.ringStop("stopped");
      },
    );
    try {
      await this.#pass(source, progress, inner);
    } finally {
      for (const stop of forget) stop();
    }
    this.#current = undefined;
    this.#last = progress;
    if (ended) await unlink(path);
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

/** A feed that is told apart when it has ended: a file ends when all of it is settled. */
function once<T>(feed: Feed<T>, ended: () => void): Feed<T> {
  return {
    async *open(link) {
      yield* feed.open(link);
      if (!link.signal.aborted) ended();
    },
  };
}

import type { Part } from "./health.ts";
import { unless } from "./life.ts";
import { LinkProblem, messageOf, Problem } from "./problems.ts";
import type { Revision, Snapshot } from "./revision.ts";

/** A snapshot is written at most this often, in milliseconds. */
const PACE = 1_000;
/** After a failed write it is tried again after this long, in milliseconds. */
const AGAIN = 10_000;

/** Saves the newest revision in the background, at most once a second, and keeps trying when it fails. */
export class Saver<D> {
  readonly #snapshot: Snapshot<D>;
  readonly #part: Part;
  #waiting: Revision<D> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #last = Number.NEGATIVE_INFINITY;
  #flushed = false;

  constructor(snapshot: Snapshot<D>, part: Part) {
    this.#snapshot = snapshot;
    this.#part = part;
  }

  /** The saved revision. A snapshot that cannot be read is reported, and is as good as none. */
  async load(): Promise<Revision<D> | undefined> {
    try {
      const saved = await this.#snapshot.load();
      this.#part.up();
      return saved;
    } catch (error) {
      this.#part.down(asProblem(error));
      return undefined;
    }
  }

  save(revision: Revision<D>): void {
    this.#waiting = revision;
    this.#plan(Math.max(0, this.#last + PACE - performance.now()));
  }

  /** Writes what is still waiting, unless `kill` rings first. After this, nothing is written any more. */
  async flush(kill: AbortSignal): Promise<void> {
    this.#flushed = true;
    clearTimeout(this.#timer);
    if (!kill.aborted) await unless(kill, this.#write());
  }

  #plan(ms: number): void {
    if (this.#timer || this.#flushed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#write();
    }, ms);
    this.#timer.unref();
  }

  #write(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#writeNow());
    return this.#writing;
  }

  async #writeNow(): Promise<void> {
    const revision = this.#waiting;
    if (!revision) return;
    this.#waiting = undefined;
    this.#last = performance.now();
    try {
      await this.#snapshot.save(revision);
      this.#part.up();
    } catch (error) {
      this.#part.down(asProblem(error), Date.now() + AGAIN);
      this.#waiting ??= revision;
      this.#plan(AGAIN);
    }
  }
}

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new LinkProblem("state_unwritable", messageOf(error), { cause: error });
}

import { Bell } from "../../core/bell.ts";
import type { Feed, Link } from "../../core/feed.ts";
import type { Part } from "../../core/health.ts";
import { onAbort } from "../../core/life.ts";
import type { Log } from "../../core/log.ts";
import { errnoOf, LinkProblem, messageOf } from "../../core/problems.ts";
import type { Revision } from "../../core/replica.ts";
import { replaceFile } from "../../wire/atomic.ts";
import { changes } from "../../wire/file.ts";
import { readStart } from "../../wire/read-start.ts";
import { Orders } from "./orders.ts";
import type { State, Word } from "./state.ts";
import { formatState, limitOf, parseState } from "./state-json.ts";

export interface StateFileOptions {
  readonly path: string;
  /** Take a change of the file without being told. hapgent does not. */
  readonly watch: boolean;
  /** On a missing or broken file, take the default state (as hapgent does) or keep the last good one. */
  readonly onBad: "default" | "keep";
  /** The default state. */
  readonly fallback: Word;
  /** Know the fields that we added. */
  readonly wide: boolean;
  /** The health of writing the file; asked for at the first write, because most are never written. */
  readonly saved: () => Part;
  readonly log: Log;
}

/**
 * The state file as an origin: read at the start and when told to, changed by signals and actions. One command after
 * the other: signals only ring, and nobody but this loop touches the file or the state.
 */
export class StateFile implements Feed<Revision<State>> {
  readonly local = true;
  readonly #options: StateFileOptions;
  readonly #bell = new Bell();
  readonly #orders = new Orders();
  /** Somebody may have written the file. */
  #touched = false;
  #state: State | undefined;
  /** What the file held when it was last read or written; undefined if it could not be read. */
  #content: string | undefined;
  #revision = 0;

  constructor(options: StateFileOptions) {
    this.#options = options;
  }

  /** Changes the state and then the file; what is not given is kept. The state changes even if the file cannot be written. */
  set(change: Partial<State>): void {
    this.#orders.change(change);
    this.#bell.ring();
  }

  /** Reads the file again. */
  reread(): void {
    this.#orders.read();
    this.#bell.ring();
  }

  async *open(link: Link<Revision<State>>): AsyncGenerator<Revision<State>> {
    const { signal } = link;
    if (signal.aborted) return;
    const forget = onAbort(signal, () => this.#bell.ring());
    let watching: Promise<void> | undefined;
    try {
      yield this.#take(await this.#read());
      if (this.#options.watch) watching = this.#watch(signal);
      for (;;) {
        // What was ordered before the end is carried out, but is no news any more.
        for await (const revision of this.#obey()) if (!signal.aborted) yield revision;
        if (signal.aborted) return;
        link.up();
        await this.#bell.rung();
      }
    } finally {
      forget();
      await watching;
    }
  }

  async probe(): Promise<void> {
    const { path, wide } = this.#options;
    const bytes = await readStart(path, limitOf(wide) + 1).catch((cause: unknown) => {
      throw new LinkProblem("file_missing", `cannot read ${path}: ${messageOf(cause)}`, { cause });
    });
    parseState(bytes, wide);
  }

  async *#obey(): AsyncGenerator<Revision<State>> {
    for (let order = this.#orders.take(); order; order = this.#orders.take()) {
      if (order.readFirst) yield this.#take(await this.#read());
      let saved = false;
      if (order.change) {
        const state = { ...(this.#state as State), ...order.change };
        yield this.#take(state);
        saved = await this.#save(state);
      }
      // What was just written need not be read back.
      if (order.readLast && !saved) yield this.#take(await this.#read());
    }
    const news = await this.#look();
    if (news) yield this.#take(news);
  }

  /** What somebody else has written. Our own writing is a change of the file too, but no news. */
  async #look(): Promise<State | undefined> {
    if (!this.#touched) return undefined;
    this.#touched = false;
    const file = await this.#open();
    return file.content === this.#content ? undefined : this.#understand(file);
  }

  #take(state: State): Revision<State> {
    this.#state = state;
    this.#revision++;
    return { version: String(this.#revision), data: state };
  }

  async #read(): Promise<State> {
    return this.#understand(await this.#open());
  }

  async #open(): Promise<Opened> {
    const { path, wide } = this.#options;
    try {
      const bytes = await readStart(path, limitOf(wide) + 1);
      return { content: bytes.toString("latin1"), state: () => parseState(bytes, wide) };
    } catch (error) {
      return {
        content: undefined,
        state: () => {
          throw error;
        },
      };
    }
  }

  #understand({ content, state: parse }: Opened): State {
    const { path, onBad, fallback, log } = this.#options;
    this.#content = content;
    try {
      const state = parse();
      log.info({ path, state: state.status }, "state file read");
      return state;
    } catch (error) {
      // Being short of file descriptors says nothing about the file.
      const short = ["EMFILE", "ENFILE"].includes(errnoOf(error) ?? "");
      const kept = onBad === "keep" || short ? this.#state : undefined;
      const state = kept ?? { status: fallback };
      log.error({ path, reason: messageOf(error), state: state.status }, "state file cannot be used");
      return state;
    }
  }

  /** @returns whether the file holds the state now */
  async #save(state: State): Promise<boolean> {
    const { path, wide, saved, log } = this.#options;
    const text = formatState(state, wide);
    try {
      await replaceFile(path, text);
      this.#content = Buffer.from(text).toString("latin1");
      saved().up();
      log.info({ path, state: state.status }, "state saved");
      return true;
    } catch (error) {
      const remedy =
        "Free space or mend the permissions; the state holds, and is written at its next change.";
      const message = `cannot write ${path}: ${messageOf(error)}`;
      saved().down(new LinkProblem("state_unwritable", message, { remedy, cause: error }));
      log.error({ path, reason: messageOf(error) }, "state cannot be saved, it holds in memory");
      return false;
    }
  }

  /** Only rings: nobody but the loop touches the file. */
  async #watch(signal: AbortSignal): Promise<void> {
    for await (const _ of changes(this.#options.path, signal)) {
      this.#touched = true;
      this.#bell.ring();
    }
  }
}

/** What was found of the file: its content, one character for each byte, and what that means, or why it cannot be read. */
interface Opened {
  readonly content: string | undefined;
  state(): State;
}

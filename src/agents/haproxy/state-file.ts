import { readFile } from "node:fs/promises";
import { Bell } from "../../core/bell.ts";
import type { Feed, Link } from "../../core/feed.ts";
import type { Part } from "../../core/health.ts";
import { onAbort } from "../../core/life.ts";
import type { Log } from "../../core/log.ts";
import { LinkProblem, messageOf } from "../../core/problems.ts";
import type { Revision } from "../../core/replica.ts";
import { replaceFile } from "../../wire/atomic.ts";
import { changes } from "../../wire/file.ts";
import type { State, Word } from "./state.ts";
import { sameState } from "./state.ts";
import { formatState, parseState } from "./state-json.ts";

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

type Command = { readonly set: Partial<State> } | "reread";

/**
 * The state file as an origin: read at the start and when told to, changed by signals and actions. One command after
 * the other: signals only ring, and nobody but this loop touches the file or the state.
 */
export class StateFile implements Feed<Revision<State>> {
  readonly local = true;
  readonly #options: StateFileOptions;
  readonly #bell = new Bell();
  #commands: Command[] = [];
  #state: State | undefined;
  #revision = 0;

  constructor(options: StateFileOptions) {
    this.#options = options;
  }

  /** Changes the state and then the file; what is not given is kept. The state changes even if the file cannot be written. */
  set(change: Partial<State>): void {
    this.#order({ set: change });
  }

  /** Reads the file again. */
  reread(): void {
    this.#order("reread");
  }

  async *open(link: Link<Revision<State>>): AsyncGenerator<Revision<State>> {
    const forget = onAbort(link.signal, () => this.#bell.ring());
    const watching = this.#options.watch ? this.#watch(link.signal) : undefined;
    try {
      yield this.#take(await this.#read());
      while (!link.signal.aborted) {
        link.up();
        yield* this.#obey();
        await this.#bell.rung();
      }
    } finally {
      forget();
      await watching;
    }
  }

  async probe(): Promise<void> {
    parseState(await readFile(this.#options.path), this.#options.wide);
  }

  #order(command: Command): void {
    this.#commands.push(command);
    this.#bell.ring();
  }

  /** Carries out what was ordered. Of several changes in a row only the last needs to be written. */
  async *#obey(): AsyncGenerator<Revision<State>> {
    while (this.#commands.length > 0) {
      const commands = this.#commands;
      this.#commands = [];
      for (const [index, command] of commands.entries()) {
        if (command === "reread") yield this.#take(await this.#read());
        else {
          const state = { ...(this.#state as State), ...command.set };
          yield this.#take(state);
          if (index === commands.length - 1 || commands[index + 1] === "reread") await this.#save(state);
        }
      }
    }
  }

  #take(state: State): Revision<State> {
    this.#state = state;
    this.#revision++;
    return { version: String(this.#revision), data: state };
  }

  async #read(): Promise<State> {
    const { path, wide, onBad, fallback, log } = this.#options;
    try {
      return parseState(await readFile(path), wide);
    } catch (error) {
      const kept = onBad === "keep" ? this.#state : undefined;
      const state = kept ?? { status: fallback };
      log.error({ path, reason: messageOf(error), state: state.status }, "state file cannot be used");
      return state;
    }
  }

  async #save(state: State): Promise<void> {
    const { path, wide, saved, log } = this.#options;
    try {
      await replaceFile(path, formatState(state, wide));
      saved().up();
      log.info({ path, state: state.status }, "state saved");
    } catch (error) {
      saved().down(new LinkProblem("state_unwritable", `cannot write ${path}: ${messageOf(error)}`));
      log.error({ path, reason: messageOf(error) }, "state cannot be saved, it holds in memory");
    }
  }

  async #watch(signal: AbortSignal): Promise<void> {
    let first = true;
    for await (const _ of changes(this.#options.path, signal)) {
      if (!first && (await this.#differs())) this.reread();
      first = false;
    }
  }

  /** Our own writes are changes too, but no news. */
  async #differs(): Promise<boolean> {
    try {
      const onDisk = parseState(await readFile(this.#options.path), this.#options.wide);
      return this.#state === undefined || !sameState(onDisk, this.#state);
    } catch {
      return true;
    }
  }
}

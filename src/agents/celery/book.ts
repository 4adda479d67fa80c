import { readFile } from "node:fs/promises";
import type { Host } from "../../core/agent.ts";
import { ConfigProblem, errnoOf, LinkProblem, messageOf, RejectedProblem } from "../../core/problems.ts";
import { writeAtomically } from "../../wire/atomic.ts";
import { changes } from "../../wire/file.ts";
import { type LineConfig, line, type SubscriptionsConfig } from "./config.ts";
import { readSubscriptions } from "./subscription.ts";
import { nameOf, type Subscription } from "./subscription-fields.ts";
import { type Overrides, translated } from "./translate.ts";

/**
 * The subscriptions of an agent: fixed ones, and those of a file in the form of the Leek agent, which may change at any
 * time. A file that cannot be used changes nothing.
 */
export class Book {
  readonly #config: SubscriptionsConfig;
  readonly #host: Host;
  readonly #path: string;
  readonly #overrides: Overrides;
  readonly #told: () => void;
  #kept: readonly Subscription[] = [];
  #wanted: ReadonlyMap<string, LineConfig>;
  #writing: Promise<unknown> = Promise.resolve();

  /** @param told called when they have changed */
  constructor(config: SubscriptionsConfig, host: Host, told: () => void) {
    this.#config = config;
    this.#host = host;
    this.#path = config.file ?? host.file("subscriptions.json");
    const { org, key, api } = config;
    this.#overrides = { org, key: key?.reveal(), api: api ?? (key && "http://127.0.0.1:5000") };
    this.#told = told;
    this.#wanted = new Map(Object.entries(config.fixed));
  }

  /** All that shall run, by name. A fixed one goes before one of the file. */
  get wanted(): ReadonlyMap<string, LineConfig> {
    return this.#wanted;
  }

  /** Those of the file, as they stand there. */
  get kept(): readonly Subscription[] {
    return this.#kept;
  }

  isFixed(name: string): boolean {
    return Object.hasOwn(this.#config.fixed, name);
  }

  /** Reads the file, if there is one. */
  async load(): Promise<void> {
    const part = this.#host.health.part("subscriptions");
    try {
      const text = await readFile(this.#path, "utf8");
      const mistakes = this.#take(JSON.parse(text) as unknown);
      if (mistakes.length === 0) part.up();
      else part.down(new RejectedProblem("data_refused", `${this.#path}: ${mistakes.join("; ")}`));
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return this.#empty();
      const why = error instanceof SyntaxError ? "is no JSON" : messageOf(error);
      part.down(new RejectedProblem("data_refused", `${this.#path}: ${why}; the last good list is kept`));
      if (!(error instanceof SyntaxError || error instanceof ConfigProblem || errnoOf(error))) throw error;
    }
  }

  async follow(signal: AbortSignal): Promise<void> {
    for await (const _ of changes(this.#path, signal)) await this.load();
  }

  /** What a subscription would be in our words. Throws ConfigProblem where it cannot be. */
  configOf(given: Subscription): LineConfig {
    const parsed = line.safeParse(translated(given, this.#overrides));
    if (parsed.success) return parsed.data;
    const told = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
    throw new ConfigProblem("config_invalid", `subscription ${nameOf(given)}: ${told.join("; ")}`);
  }

  /** Adds a subscription, or replaces the one of its name. Throws LinkProblem if it cannot be written down. */
  put(given: Subscription): Promise<void> {
    return this.#change((list) => {
      const others = list.filter((each) => nameOf(each) !== nameOf(given));
      return [...others, given];
    });
  }

  /** @returns whether there was one of that name */
  async remove(name: string): Promise<boolean> {
    let removed = false;
    await this.#change((list) => {
      const others = list.filter((each) => nameOf(each) !== name);
      removed = others.length < list.length;
      return others;
    });
    return removed;
  }

  /** One change after the other, so that none is lost. */
  #change(change: (list: readonly Subscription[]) => readonly Subscription[]): Promise<void> {
    const changed = this.#writing.then(async () => {
      const list = change(this.#kept);
      await this.#write(list);
      this.#take(list);
    });
    this.#writing = changed.catch(() => {});
    return changed;
  }

  async #write(list: readonly Subscription[]): Promise<void> {
    try {
      await writeAtomically(this.#path, [`${JSON.stringify(list, null, 4)}\n`]);
    } catch (error) {
      throw new LinkProblem("state_unwritable", `cannot write ${this.#path}: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  /** @returns what is wrong with those that were left out */
  #take(list: unknown): string[] {
    const { good, mistakes, remarks } = readSubscriptions(list, this.#path);
    const wrong = mistakes.map(({ message }) => message);
    const wanted = new Map<string, LineConfig>();
    for (const given of good) {
      try {
        wanted.set(nameOf(given), this.configOf(given));
      } catch (error) {
        if (!(error instanceof ConfigProblem)) throw error;
        wrong.push(error.message);
      }
    }
    for (const { message } of remarks) this.#host.log.warn({ file: this.#path }, message);
    this.#kept = good;
    this.#set(wanted);
    return wrong;
  }

  #empty(): void {
    this.#kept = [];
    this.#set(new Map());
  }

  #set(wanted: ReadonlyMap<string, LineConfig>): void {
    this.#wanted = new Map([...wanted, ...Object.entries(this.#config.fixed)]);
    this.#told();
  }
}

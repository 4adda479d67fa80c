import type { Config } from "../config/load.ts";
import type { Log } from "../core/log.ts";
import type { Applied } from "../core/plan.ts";
import type { Roster } from "./managed/roster.ts";
import { restartsFor } from "./restarts.ts";

/** Who is to run, as it was taken last, and who of them could not be. */
export class Enrolment {
  readonly #log: Log;
  readonly #taken: (config: Config) => void;
  #roster: Roster | undefined;
  #config: Config | undefined;
  /** The configuration that the process began with. */
  #begun: Config | undefined;
  #refused: Applied["refused"] = [];

  /** @param taken called with each configuration that is taken */
  constructor(log: Log, taken: (config: Config) => void) {
    this.#log = log;
    this.#taken = taken;
  }

  get begun(): boolean {
    return this.#config !== undefined;
  }

  get roster(): Roster {
    if (!this.#roster) throw new TypeError("not started");
    return this.#roster;
  }

  /** What runs: the roster's configuration, except for agents that run on as they were. */
  get config(): Config {
    if (!this.#config) throw new TypeError("not started");
    return this.#config;
  }

  /** Settings that are not those the process began with, and are taken at the next start alone. */
  get needsRestart(): readonly string[] {
    return this.#begun ? restartsFor(this.#begun, this.config) : [];
  }

  take(roster: Roster): void {
    const known = new Set(this.#roster?.left.map(({ message }) => message));
    for (const { name, file, message } of roster.left) {
      const fields = { agent: name, file, reason: message };
      if (!known.has(message)) this.#log.error(fields, "managed agent does not count");
    }
    this.#roster = roster;
    this.#config = roster.config;
    this.#begun ??= roster.config;
    this.#taken(roster.config);
  }

  /** Those that could not be created. What ran before under their names runs on, as it was configured then. */
  refuse(refused: Applied["refused"], before?: Config): void {
    this.#refused = refused;
    for (const { name } of refused) {
      const agent = before?.agents.get(name);
      if (agent) this.#config = { ...this.config, agents: new Map(this.config.agents).set(name, agent) };
    }
  }

  /** Why an agent could not be created, where it could not. */
  reason(name: string): Applied["refused"][number]["reason"] | undefined {
    return this.#refused.find((each) => each.name === name)?.reason;
  }
}

import { join } from "node:path";
import type { AgentConfig, Config } from "../config/load.ts";
import type { Agent, AgentKind, Neighbours } from "../core/agent.ts";
import { backoff } from "../core/backoff.ts";
import type { Health } from "../core/health.ts";
import { Lifetime } from "../core/life.ts";
import type { Log } from "../core/log.ts";
import type { Applied } from "../core/plan.ts";
import { ConfigProblem } from "../core/problems.ts";
import { Supervisor } from "../core/supervisor.ts";
import { Turns } from "../core/turns.ts";
import { Watchers } from "../core/watchers.ts";
import { House } from "../wire/doors.ts";
import { callAction } from "./actions.ts";
import { Enrolment } from "./enrolment.ts";
import { Fleet } from "./fleet/fleet.ts";
import { subjectOf } from "./fleet/subject.ts";
import { settle } from "./host.ts";
import { LogTail } from "./log-tail.ts";
import { ManagedDesk } from "./managed/desk.ts";
import { ManagedFolder } from "./managed/folder.ts";
import { type Roster, rosterOf } from "./managed/roster.ts";
import { ProcessMetrics } from "./metrics.ts";
import { claimsOf, plansOf } from "./plan.ts";
import { Pulses } from "./pulse.ts";
import { defaultStateDir } from "./state-dir.ts";
import { StateFolder } from "./state-folder.ts";
import { type AgentStatus, statusOf } from "./status.ts";
import { meter } from "./vitals.ts";

export interface OutriderOptions {
  readonly kinds: readonly AgentKind[];
  /** Reads, parses and validates the configuration; called again at every reload. Throws ConfigProblem. */
  readonly load: () => Config;
  /** Called with each configuration that is taken, at the start and at every reload. */
  readonly taken?: (config: Config) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
}

/** What a reload did. */
export interface Reloaded extends Applied {
  /** Settings that have changed and are taken at the next start alone. */
  readonly needsRestart: readonly string[];
}

/** The process: a configuration, the agents it asks for, and what they share. */
export class Outrider {
  readonly metrics = new ProcessMetrics();
  readonly supervisor: Supervisor;
  readonly fleet: Fleet;
  readonly house: House;
  readonly log: Log;
  readonly startedAt = Date.now();
  readonly pulses: Pulses;
  /** The end of the log, in memory. */
  readonly tail = new LogTail();
  readonly reloads = new Watchers<Reloaded>();
  readonly #options: OutriderOptions;
  readonly #end = new Lifetime();
  /** Where agents are added, changed and removed through the API. */
  readonly managed: ManagedDesk;
  readonly #turns = new Turns();
  readonly #enrolment: Enrolment;
  readonly #state: StateFolder;

  constructor(options: OutriderOptions) {
    this.#options = options;
    this.log = this.tail.before(options.log);
    this.#state = new StateFolder(this.log);
    this.#enrolment = new Enrolment(this.log, (config) => {
      this.tail.level = config.log.level;
      options.taken?.(config);
    });
    this.house = new House({ log: this.log });
    this.supervisor = new Supervisor({
      log: this.log,
      backoff: backoff("exponential-jitter", { max: 30_000 }),
    });
    meter(this.metrics, this.supervisor);
    this.fleet = new Fleet({
      subject: subjectOf(this),
      log: options.log,
      metrics: this.metrics.for({}),
      stateDir: () => this.stateDir,
    });
    const headline = (kind: string) => options.kinds.find((each) => each.kind === kind)?.headline;
    this.pulses = new Pulses(this.supervisor, this.metrics, headline);
    this.managed = new ManagedDesk(this);
  }

  get kinds(): readonly AgentKind[] {
    return this.#options.kinds;
  }

  /** Rings when the process is about to end. */
  get closing(): AbortSignal {
    return this.#end.stop;
  }

  get config(): Config {
    return this.#enrolment.config;
  }

  get stateDir(): string {
    return this.#state.path;
  }

  /** What the process is called among others: as its configuration says, else by its host's name. */
  get name(): string {
    return this.fleet.name;
  }

  /** Where agents are kept that were made through the API. */
  get managedDir(): string {
    return join(this.stateDir, "agents");
  }

  get folder(): ManagedFolder {
    return new ManagedFolder(this.managedDir, this.kinds);
  }

  /** Who is to run. */
  get roster(): Roster {
    return this.#enrolment.roster;
  }

  /** Loads the configuration and starts every agent, side by side. Throws ConfigProblem, and starts nothing then. */
  async start(): Promise<Applied> {
    const file = this.#options.load();
    this.#state.name(file.state.dir ?? defaultStateDir(this.#options.env));
    const roster = this.#gather(file);
    const plans = plansOf(roster.config, this.#wire);
    await loadKinds(roster.config);
    await this.#state.take();
    this.#enrolment.take(roster);
    this.pulses.start();
    const applied = await this.supervisor.apply(plans);
    for (const { name, reason } of applied.refused) {
      this.log.error({ agent: name, reason }, "agent cannot be created");
    }
    this.#enrolment.refuse(applied.refused);
    await this.fleet.apply(file.fleet);
    return applied;
  }

  /** Reads the configuration again and changes only what changed. Throws ConfigProblem, and changes nothing then. */
  reload(): Promise<Reloaded> {
    return this.inTurn(async () => {
      const applied = await this.take(this.#gather(this.#options.load()));
      const reloaded = { ...applied, needsRestart: this.needsRestart };
      this.log.info(reloaded, "configuration reloaded");
      this.reloads.tell(reloaded);
      return reloaded;
    });
  }

  /** Runs a change of who is to run when no other one is on its way. */
  inTurn<T>(change: () => Promise<T>): Promise<T> {
    return this.#turns.take(change);
  }

  /** Lets a roster run in place of the present one. Throws ConfigProblem, and changes nothing then. */
  async take(roster: Roster): Promise<Applied> {
    const plans = plansOf(roster.config, this.#wire);
    await loadKinds(roster.config);
    const before = this.config;
    this.#enrolment.take(roster);
    const applied = await this.supervisor.apply(plans);
    this.#enrolment.refuse(applied.refused, before);
    for (const name of applied.stopped) this.#forget(name);
    await this.fleet.apply(roster.config.fleet);
    await this.#sweep();
    return applied;
  }

  /** Settings that are not those the process began with, and are taken at the next start alone. */
  get needsRestart(): readonly string[] {
    return this.#enrolment.needsRestart;
  }

  /** Stops the agents, those that look at others first, tells the fleet, and closes the doors. */
  async close(): Promise<void> {
    this.pulses.stop();
    await this.supervisor.close();
    await this.fleet.close(true);
    this.#end.ringStop("shutdown");
    const bound = setTimeout(
      () => this.#end.ringKill("shutdown"),
      this.#enrolment.begun ? this.config.grace : 0,
    );
    await this.house.close(this.#end.kill);
    clearTimeout(bound);
    this.#state.release();
  }

  async startAgent(name: string): Promise<void> {
    await this.supervisor.start(name);
  }

  async stopAgent(name: string): Promise<void> {
    await this.supervisor.stop(name);
    await this.#sweep();
  }

  async restartAgent(name: string): Promise<void> {
    await this.supervisor.restart(name);
  }

  /** Asks a running agent for something. Throws ConfigProblem for an unknown agent, action or input. */
  call(name: string, action: string, input: unknown): Promise<unknown> {
    return callAction(this.agent(name).config.kind, this.agent(name).agent, { name, action, input });
  }

  /** An agent's configuration and, if it runs, the agent. Throws ConfigProblem if there is none of this name. */
  agent(name: string): { config: AgentConfig; agent: Agent | undefined } {
    const config = this.config.agents.get(name);
    if (!config) throw new ConfigProblem("agent_unknown", `there is no agent "${name}"`);
    return { config, agent: this.supervisor.ward(name)?.agent };
  }

  status(name: string): AgentStatus {
    const { config } = this.agent(name);
    return statusOf(name, config, {
      health: this.supervisor.ward(name)?.health,
      pulse: this.pulses.newest(name),
      refused: this.#enrolment.reason(name),
      since: this.startedAt,
    });
  }

  statuses(): AgentStatus[] {
    return [...this.config.agents.keys()].map((name) => this.status(name));
  }

  readonly #wire = (name: string, agent: AgentConfig, health: Health): Agent => {
    const neighbours: Neighbours = {
      health: (other) => this.supervisor.ward(other)?.health,
      watch: (other, changed) => this.supervisor.watch((which) => void (which === other && changed())),
    };
    const { metrics, house, log } = this;
    return settle({ metrics, house, log, neighbours, stateDir: this.stateDir }, name, agent, health);
  };

  #forget(name: string): void {
    this.metrics.forget(name);
    this.tail.forget(name);
  }

  /** The files of the configuration, and the managed agents. */
  #gather(file: Config): Roster {
    const { managed, left } = this.folder.read();
    return rosterOf(file, managed, left);
  }

  /** Closes the doors that no running agent claims any more. */
  async #sweep(): Promise<void> {
    const claimed = [...this.config.agents].flatMap(([owner, agent]) =>
      this.supervisor.ward(owner)?.health.phase === "stopped"
        ? []
        : claimsOf(agent).map(({ address }) => ({ owner, address })),
    );
    await this.house.sweep(claimed, this.#end.kill);
  }
}

/** Loads the code of every kind that is to run. */
async function loadKinds({ agents }: Config): Promise<void> {
  const kinds = new Set([...agents.values()].map(({ kind }) => kind));
  await Promise.all([...kinds].map((kind) => kind.load?.()));
}

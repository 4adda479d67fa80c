import type { AgentConfig } from "../../config/load.ts";
import type { AgentKind } from "../../core/agent.ts";
import type { Log } from "../../core/log.ts";
import type { Applied } from "../../core/plan.ts";
import { problemOf } from "../../core/probe.ts";
import { ConfigProblem, messageOf } from "../../core/problems.ts";
import type { Supervisor } from "../../core/supervisor.ts";
import { Turns } from "../../core/turns.ts";
import { type Patience, probeAgent, type Report } from "../probe.ts";
import type { Managed, ManagedFolder } from "./folder.ts";
import { givenFor } from "./given.ts";
import { changed, type Roster } from "./roster.ts";
import { whyNotStarted } from "./started.ts";

/** How long a probe may take before an agent is taken. */
const PATIENCE: Patience = { step: 10_000, all: 30_000 };

/** What the desk needs of the process. */
export interface Stage {
  readonly kinds: readonly AgentKind[];
  readonly log: Log;
  readonly supervisor: Supervisor;
  readonly stateDir: string;
  readonly folder: ManagedFolder;
  readonly roster: Roster;
  /** Runs a change when no other one is on its way. */
  inTurn<T>(change: () => Promise<T>): Promise<T>;
  /** Lets a roster run in place of the present one, and touches nothing that is the same in both. */
  take(roster: Roster): Promise<Applied>;
}

/** What became of an agent that was sent. */
export interface Put {
  /** Whether there was none of its name before. */
  readonly made: boolean;
  readonly probe: Report;
  /** Its probe failed, and it was taken all the same. */
  readonly forced: boolean;
}

/** Where agents are added, changed and removed while everything else goes on. One change follows the other. */
export class ManagedDesk {
  readonly #stage: Stage;
  readonly #edits = new Turns();

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /**
   * Takes an agent: checks it, probes it, keeps it in its file, and lets it run. If it cannot start, file and agent
   * are again what they were. Throws ConfigProblem, or LinkProblem if the file cannot be written.
   */
  put(name: string, sent: unknown, force: boolean): Promise<Put> {
    return this.#edits.take(async () => {
      const { folder, roster, log } = this.#stage;
      const text = this.#textOf(name, sent);
      const next = folder.parsed(name, text);
      changed(roster, name, next);
      const probe = await this.#probed(name, next.agent);
      if (!probe.ok && !force) throw probeFailed(probe);
      const made = await this.#stage.inTurn(() => this.#commit(name, text, next));
      log.info({ agent: name, made, probed: probe.ok }, "agent taken through the API");
      return { made, probe, forced: !probe.ok };
    });
  }

  /** Stops an agent and removes its file. What it kept stays. Throws ConfigProblem, or LinkProblem as `put` does. */
  remove(name: string): Promise<void> {
    return this.#edits.take(() =>
      this.#stage.inTurn(async () => {
        const { folder, roster, log } = this.#stage;
        this.#refuseOwned(name);
        const known = roster.managed.has(name) || roster.left.some((each) => each.name === name);
        if (!known) throw new ConfigProblem("agent_unknown", `there is no agent "${name}"`);
        const next = changed(roster, name, undefined);
        await folder.write(name, undefined);
        // Before the agent's lines are forgotten.
        log.info({ agent: name }, "agent is removed through the API");
        await this.#stage.take(next);
      }),
    );
  }

  /**
   * Tries what was sent, or the agent of this name as it is, and changes nothing. It never throws for what is wrong
   * with it: that is the answer.
   */
  async probe(name: string | undefined, sent: unknown): Promise<Report> {
    const { roster, stateDir } = this.#stage;
    if (sent === undefined && name !== undefined) {
      const agent = roster.config.agents.get(name);
      if (!agent) throw new ConfigProblem("agent_unknown", `there is no agent "${name}"`);
      return probeAgent(name, agent, stateDir, PATIENCE);
    }
    // A name that nobody has given yet.
    const own = name ?? "new";
    try {
      const next = this.#stage.folder.parsed(own, this.#textOf(own, sent, name !== undefined));
      changed(roster, own, next);
      return await this.#probed(own, next.agent);
    } catch (error) {
      if (!(error instanceof ConfigProblem)) throw error;
      const problem = { ...problemOf(error), mistakes: error.mistakes };
      const rest = { step: "wiring", ok: false, skipped: true } as const;
      return { ok: false, steps: [{ step: "configuration", ok: false, problem }, rest] };
    }
  }

  /** The file for what was sent. Throws ConfigProblem. */
  #textOf(name: string, sent: unknown, owned = true): string {
    const { roster, kinds, folder } = this.#stage;
    if (owned) this.#refuseOwned(name);
    return folder.written(name, givenFor(name, sent, roster.managed.get(name)?.agent, kinds));
  }

  #refuseOwned(name: string): void {
    const at = this.#stage.roster.file.agents.get(name)?.at;
    if (at === undefined) return;
    throw new ConfigProblem("agent_not_managed", `the agent "${name}" is written at ${at}: change it there`);
  }

  #probed(name: string, agent: AgentConfig): Promise<Report> {
    return probeAgent(name, agent, this.#stage.stateDir, PATIENCE);
  }

  /** Writes the file, lets the agent run, and takes both back if it cannot. @returns whether it is a new one */
  async #commit(name: string, text: string, next: Managed): Promise<boolean> {
    const { folder, roster, supervisor } = this.#stage;
    // A reload may have given the name away meanwhile.
    this.#refuseOwned(name);
    const after = changed(roster, name, next);
    const before = { text: folder.text(name), running: supervisor.ward(name)?.running ?? false };
    await folder.write(name, text);
    const why = await this.#tried(name, after);
    if (why === undefined) return !roster.managed.has(name);
    await this.#rollBack(name, roster, before);
    throw new ConfigProblem("agent_cannot_start", `the agent "${name}" cannot start: ${why}`);
  }

  /** @returns why the agent cannot start, if it cannot */
  async #tried(name: string, roster: Roster): Promise<string | undefined> {
    try {
      const { refused } = await this.#stage.take(roster);
      const reason = refused.find((each) => each.name === name)?.reason;
      return reason ?? (await whyNotStarted(this.#stage.supervisor, name));
    } catch (error) {
      return messageOf(error);
    }
  }

  async #rollBack(
    name: string,
    roster: Roster,
    { text, running }: { text: string | undefined; running: boolean },
  ): Promise<void> {
    const { folder, supervisor, log } = this.#stage;
    await folder.write(name, text).catch((error: unknown) => {
      log.error({ agent: name, reason: messageOf(error) }, "the agent's file could not be put back");
    });
    await this.#stage.take(roster);
    if (!running && supervisor.ward(name)) await supervisor.stop(name);
  }
}

function probeFailed({ steps }: Report): ConfigProblem {
  const failed = steps.filter(({ ok, skipped }) => !ok && !skipped);
  const message = failed.map(({ step, problem }) => `${step}: ${problem?.message}`).join("; ");
  return new ConfigProblem("probe_failed", message, { steps });
}

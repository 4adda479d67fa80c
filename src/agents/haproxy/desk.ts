import type { Host } from "../../core/agent.ts";
import { backoff } from "../../core/backoff.ts";
import { Bell } from "../../core/bell.ts";
import type { Life } from "../../core/life.ts";
import { Replica } from "../../core/replica.ts";
import { nowhere } from "../../wire/snapshot.ts";
import { ballotsOf } from "./ballots.ts";
import { type Config, modeOf, type ServiceConfig } from "./config.ts";
import type { Memory } from "./memory.ts";
import type { Pollers } from "./pollers.ts";
import { Service } from "./service.ts";
import type { State } from "./state.ts";
import { StateFile } from "./state-file.ts";
import { StateMemory } from "./state-memory.ts";
import { count, Voter } from "./vote.ts";
import { weigh } from "./weigh.ts";

export interface DeskOptions {
  readonly name: string;
  readonly service: ServiceConfig;
  readonly config: Config;
  readonly host: Host;
  readonly memory: Memory;
  readonly pollers: Pollers;
}

/** One service at work: its answer, and everything that has a say in it. */
export class Desk {
  readonly service: Service;
  readonly origin: StateFile | StateMemory;
  readonly voters: readonly Voter[];
  /** Resolves when the first state is known, and everybody who has a say in it has looked once. */
  readonly known: Promise<unknown>;
  readonly #options: DeskOptions;
  readonly #read = new Bell();
  readonly #weighed = new Bell();
  readonly #state: Replica<State>;

  constructor(options: DeskOptions) {
    const { name, service: given, config, host, memory, pollers } = options;
    this.#options = options;
    this.service = new Service({
      name,
      mode: modeOf(config),
      ready: config.ready,
      maxconn: given.maxconn,
      memory,
      longestGap: () => pollers.longestGap(name),
      log: host.log,
    });
    this.origin = originOf(options);
    this.voters = given.votes
      ? ballotsOf(given.votes, host.neighbours).map((ballot) => new Voter(ballot))
      : [];
    const looks = [this.#read, ...this.voters.map(({ looked }) => looked)];
    if (given.weight) looks.push(this.#weighed);
    this.known = Promise.all(looks.map((look) => look.rung()));
    this.#state = new Replica<State>({
      feed: this.origin,
      view: (next) => this.#taken(next.data),
      // A state file is its own memory.
      snapshot: this.origin instanceof StateFile ? nowhere : host.snapshot(`state/${name}`),
      health: host.health,
      backoff: backoff("exponential-jitter", { max: 2_000 }),
      ...(name !== "*" && { name }),
    });
  }

  /** Everything that runs for this service, side by side. */
  tasks(): ((life: Life) => Promise<void>)[] {
    const { service, voters } = this;
    const { votes, weight } = this.#options.service;
    const heard = () => service.hear({ verdict: count(voters, votes?.need ?? "all") });
    const tasks = [
      (life: Life) => this.#state.run(life),
      ...voters.map((voter) => (life: Life) => voter.run(life, heard)),
    ];
    const { log } = this.#options.host;
    const sampled = () => this.#weighed.ring();
    return weight ? [...tasks, (life) => weigh({ service, config: weight, log, sampled }, life)] : tasks;
  }

  inspect(): unknown {
    const { service, voters } = this;
    return {
      name: service.name,
      answer: service.line.toString("utf8").trimEnd(),
      state: service.said ?? null,
      override: service.override ?? null,
      votes: voters.map(({ ballot, good, reason, since }) => ({
        name: ballot.name,
        good: good ?? null,
        reason,
        since,
      })),
    };
  }

  #taken(state: State): State {
    this.service.hear({ file: state });
    this.#read.ring();
    return state;
  }
}

function originOf(options: DeskOptions): StateFile | StateMemory {
  const { name, config, host } = options;
  const { from } = options.service;
  if (!from?.file) return new StateMemory({ status: "UP" });
  const { path, watch, on_bad, default: fallback } = from.file;
  const wide = modeOf(config) === "complete";
  return new StateFile({
    path,
    watch: watch ?? wide,
    onBad: on_bad ?? (wide ? "keep" : "default"),
    fallback,
    wide,
    saved: () => host.health.part(name === "*" ? "file" : `file:${name}`),
    log: host.log,
  });
}

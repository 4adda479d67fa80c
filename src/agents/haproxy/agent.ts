import type { Agent, Host } from "../../core/agent.ts";
import { type Life, rung, together, unless } from "../../core/life.ts";
import type { ProbeStep } from "../../core/probe.ts";
import { ConfigProblem } from "../../core/problems.ts";
import { type Config, modeOf, servicesOf } from "./config.ts";
import { Desk } from "./desk.ts";
import { leave } from "./leaving.ts";
import { Memory } from "./memory.ts";
import { metrics } from "./metrics.ts";
import { Pollers } from "./pollers.ts";
import { Counter } from "./serve.ts";
import type { Service } from "./service.ts";
import type { State } from "./state.ts";
import type { Said } from "./story.ts";

/** Answers HAProxy's agent checks. */
export class HaproxyAgent implements Agent {
  readonly #config: Config;
  readonly #host: Host;
  readonly #memory: Memory;
  readonly #pollers = new Pollers();
  readonly #desks: ReadonlyMap<string, Desk>;
  readonly #services: ReadonlyMap<string, Service>;
  readonly #counter: Counter;
  #address: string | undefined;

  constructor(config: Config, host: Host) {
    this.#config = config;
    this.#host = host;
    this.#memory = new Memory(host.snapshot("memory"), host.health.part("memory"));
    const shared = { config, host, memory: this.#memory, pollers: this.#pollers };
    const desks = [...servicesOf(config)].map(([name, service]) => new Desk({ ...shared, name, service }));
    this.#desks = new Map(desks.map((desk) => [desk.service.name, desk]));
    this.#services = new Map(desks.map(({ service }) => [service.name, service]));
    this.#counter = new Counter({
      services: this.#services,
      pollers: this.#pollers,
      listens: config.http || config.services !== undefined,
      http: config.http,
      wait: config.wait,
      allow: config.allow,
      maxConnections: config.max_connections,
    });
    this.#measure();
  }

  async run(life: Life): Promise<void> {
    await this.#memory.load();
    for (const service of this.#services.values()) service.recall();
    const tasks = [...this.#desks.values()].flatMap((desk) => desk.tasks());
    try {
      await together(life, (inner) => this.#serve(inner), ...tasks);
    } finally {
      for (const service of this.#services.values()) service.close();
      await this.#memory.flush(life.kill);
    }
  }

  /** Changes the state of a service at its origin; what is not given is kept. */
  set(change: Partial<State>, service?: string): void {
    for (const desk of this.#named(service)) desk.origin.set(change);
  }

  /** Holds a state in place of what the origin says, for `ms` milliseconds or until it is cleared. */
  override(state: State, ms: number | undefined, service?: string): void {
    const until = ms === undefined ? undefined : Date.now() + ms;
    for (const desk of this.#named(service)) desk.service.hear({ override: { ...state, until } });
  }

  clear(service?: string): void {
    for (const desk of this.#named(service)) desk.service.hear({ override: undefined });
  }

  /** Reads the state files again. */
  reread(): void {
    for (const { origin } of this.#desks.values()) origin.reread();
  }

  /** What each service said lately. */
  history(service?: string): readonly { readonly service: string; readonly said: readonly Said[] }[] {
    return this.#named(service).map(({ service: { name, story } }) => ({ service: name, said: story.said }));
  }

  inspect(): unknown {
    return {
      address: this.#address ?? null,
      mode: modeOf(this.#config),
      services: [...this.#desks.values()].map((desk) => desk.inspect()),
      pollers: this.#pollers.present(),
    };
  }

  *probe(): Generator<ProbeStep> {
    for (const [name, { origin }] of this.#desks) {
      yield { step: name === "*" ? "origin" : `origin:${name}`, attempt: () => origin.probe() };
    }
  }

  async #serve(life: Life): Promise<void> {
    // As hapgent: first the state, then the door. No answer is better than a wrong one.
    await unless(life.stop, Promise.all([...this.#desks.values()].map(({ known }) => known)));
    if (life.stop.aborted) return;
    const tenancy = await this.#host.doors.open(this.#config.listen, this.#counter.tenant);
    this.#address = tenancy.address;
    this.#host.log.info({ address: tenancy.address }, "answering agent checks");
    await rung(life.stop);
    const { drain } = this.#config;
    const successor = life.stop.reason === "replaced" || life.stop.reason === "restarted";
    if (drain && !successor) {
      const { log } = this.#host;
      await leave(
        { ...drain, port: drain.port, services: this.#services, pollers: this.#pollers, log },
        life.kill,
      );
    }
    await tenancy.leave(life.kill);
  }

  #named(service: string | undefined): readonly Desk[] {
    if (service === undefined) return [...this.#desks.values()];
    const desk = this.#desks.get(service);
    if (!desk) throw new ConfigProblem("input_invalid", `there is no service "${service}"`);
    return [desk];
  }

  #measure(): void {
    const { metrics: meter } = this.#host;
    meter.read(metrics.answers, () => [{ value: this.#counter.answered }]);
    meter.read(metrics.refused, () => [{ value: this.#counter.refused }]);
    meter.read(metrics.pollers, () => [{ value: this.#pollers.present().length }]);
    meter.read(metrics.state, () => this.#said(({ status }) => ({ labels: { status }, value: 1 })));
    meter.read(metrics.weight, () =>
      this.#said(({ weight }) => (weight === undefined ? undefined : { labels: {}, value: weight })),
    );
  }

  #said(read: (state: State) => { labels: Record<string, string>; value: number } | undefined) {
    return [...this.#services.values()].flatMap(({ name, said }) => {
      const sample = said && read(said);
      return sample ? [{ labels: { service: name, ...sample.labels }, value: sample.value }] : [];
    });
  }
}

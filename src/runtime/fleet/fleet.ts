import { join } from "node:path";
import type { FleetConfig } from "../../config/fleet.ts";
import type { Log } from "../../core/log.ts";
import type { Labels, Metrics, Sample } from "../../core/metrics.ts";
import { ConfigProblem } from "../../core/problems.ts";
import { revealed } from "../../core/secret.ts";
import type { NodeReport } from "./book.ts";
import { Head } from "./head.ts";
import { Herald, type Subject } from "./herald.ts";
import { fleetMetrics } from "./metrics.ts";
import type { Entry } from "./record.ts";
import type { Taken } from "./report.ts";
import { Reporter, type Reporting } from "./reporter.ts";
import { ownName } from "./self.ts";

export interface FleetOptions {
  readonly subject: Subject;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Where the state of the process is kept; asked when it is known. */
  readonly stateDir: () => string;
}

/** What `GET /api/fleet` answers. */
export interface FleetShown {
  readonly listening: boolean;
  /** Milliseconds of silence after which a process is offline; where it listens. */
  readonly offline_after?: number;
  readonly nodes: readonly NodeReport[];
  /** How this process's own reports fare; where it reports. */
  readonly reporting?: Reporting;
}

/** This process's part in a fleet: it reports, it listens, or neither. */
export class Fleet {
  readonly #options: FleetOptions;
  #config: FleetConfig | undefined;
  #herald: Herald | undefined;
  #head: Head | undefined;
  #reporter: Reporter | undefined;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#meter(options.metrics);
  }

  /** What this process is called in the fleet. */
  get name(): string {
    return this.#config?.name ?? ownName();
  }

  /** Makes it as the configuration says; what is the same goes on. */
  async apply(config: FleetConfig | undefined): Promise<void> {
    if (same(config, this.#config)) return;
    await this.close(false);
    this.#config = config;
    this.#herald = undefined;
    this.#reporter = undefined;
    if (config?.listen === undefined) this.#head = undefined;
    if (config) await this.#begin(config);
  }

  async #begin(config: FleetConfig): Promise<void> {
    const { subject, log, stateDir } = this.#options;
    const { name } = this;
    const herald = new Herald(subject, { name, every: config.every });
    this.#herald = herald;
    const { report_to } = config;
    if (report_to === undefined) {
      this.#head = await Head.open({ config, folder: join(stateDir(), "fleet"), herald, log });
    } else {
      this.#reporter = new Reporter({ config: { ...config, report_to }, name, herald, log });
      this.#reporter.start();
    }
  }

  /** Takes a report. Throws ConfigProblem where nobody listens, or for what is no report. */
  async take(body: unknown, address: string): Promise<Taken> {
    return this.#listening().take(body, address);
  }

  show(): FleetShown {
    const head = this.#head;
    return {
      listening: head !== undefined,
      ...(head && { offline_after: head.offlineAfter }),
      nodes: head?.nodes() ?? [],
      ...(this.#reporter && { reporting: this.#reporter.show() }),
    };
  }

  history(name: string): readonly Entry[] {
    return this.#listening().history(name);
  }

  forget(name: string): void {
    this.#listening().forget(name);
  }

  /**
   * Says goodbye where the process ends, and lets go of everything. Reports that come later are answered that we end,
   * so that whoever sends them tries again soon.
   */
  async close(farewell: boolean): Promise<void> {
    this.#herald?.end();
    await this.#reporter?.close(farewell);
    await this.#head?.close(farewell);
  }

  #listening(): Head {
    if (this.#head) return this.#head;
    throw new ConfigProblem("fleet_not_listening", "this process takes no reports of others");
  }

  #meter({ read }: Metrics): void {
    const nodes = () => this.#head?.nodes() ?? [];
    const reporter = () => (this.#reporter ? [this.#reporter] : []);
    read(fleetMetrics.nodes, () => (this.#head ? counted(nodes()) : []));
    read(fleetMetrics.online, () => nodes().map(({ name, online }) => of({ node: name }, online ? 1 : 0)));
    read(fleetMetrics.silence, () =>
      nodes().map(({ name, last_seen }) => of({ node: name }, Math.max(0, (Date.now() - last_seen) / 1_000))),
    );
    read(fleetMetrics.link, () => reporter().map(({ up }) => of({}, up ? 1 : 0)));
    read(fleetMetrics.reports, () =>
      reporter().flatMap(({ taken, failed }) => [
        of({ result: "taken" }, taken),
        of({ result: "failed" }, failed),
      ]),
    );
  }
}

function counted(nodes: readonly NodeReport[]): Sample[] {
  const online = nodes.filter((node) => node.online).length;
  return [of({ state: "online" }, online), of({ state: "offline" }, nodes.length - online)];
}

function of(labels: Labels, value: number): Sample {
  return { labels, value };
}

function same(one: FleetConfig | undefined, other: FleetConfig | undefined): boolean {
  return JSON.stringify(revealed(one)) === JSON.stringify(revealed(other));
}

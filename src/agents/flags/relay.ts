import type { Host } from "../../core/agent.ts";
import type { Part } from "../../core/health.ts";
import { Admissions } from "./admission.ts";
import type { Config } from "./config.ts";
import type { Watch } from "./environment-view.ts";
import { Hub } from "./hub.ts";
import type { Insights } from "./insights.ts";
import { metrics } from "./metrics.ts";
import type { DataSet } from "./model.ts";
import type { Origin } from "./origin.ts";
import { mayUse } from "./origins.ts";
import { type SyncState, syncState } from "./sync-state.ts";
import { View } from "./view.ts";

/** A link to a server, as far as those who serve have to know it. */
export interface Upstream {
  /** The health of the link. */
  readonly link: Part;
  /** The health of what arrives over it. */
  readonly contents: Part;
  /** Asks for everything anew; undefined while there is no link. */
  refresh(): Promise<void> | undefined;
  /** How data arrives now; undefined while it does not. */
  transport?(): "streaming" | "polling" | undefined;
}

export interface RelayOptions {
  readonly config: Config;
  readonly host: Host;
  readonly origin: Origin;
  /** The links that data comes over now; another one may be elected to follow the server. */
  upstreams(): readonly Upstream[];
  readonly insights: Insights | undefined;
}

/** What is served now, and everything that those who serve it share. */
export class Relay {
  readonly config: Config;
  readonly host: Host;
  readonly origin: Origin;
  readonly insights: Insights | undefined;
  readonly #upstreams: () => readonly Upstream[];
  readonly hub: Hub;
  readonly admissions: Admissions;
  readonly #waiting = new Set<() => void>();
  readonly #watch: Watch;
  view: View | undefined;
  /** Whoever comes now is put off: we are about to leave. */
  draining = false;
  #told: number | undefined;

  constructor({ config, host, origin, upstreams, insights }: RelayOptions) {
    this.config = config;
    this.host = host;
    this.origin = origin;
    this.#upstreams = upstreams;
    this.insights = insights;
    const spread = host.metrics.histogram(metrics.spread);
    const pushes = host.metrics.counter(metrics.pushes);
    const evaluation = host.metrics.histogram(metrics.evaluation);
    this.#watch = {
      odd: ({ key, envId }, why) =>
        host.log.warn({ flag: key, environment: envId, why }, "a flag cannot be used as it is"),
      evaluated: (ms) => evaluation.observe(ms / 1_000),
    };
    this.hub = new Hub({
      gather: GATHER,
      spread: (ms) => {
        pushes.inc();
        spread.observe(ms / 1_000);
      },
    });
    this.admissions = new Admissions({
      view: () => this.view,
      state: () => this.state,
      refresh: () => this.refresh(),
      expiry: config.token_expiry,
      mayUse: (secret, origin) => mayUse(config.cors.client_secrets, secret, origin),
    });
  }

  get upstreams(): readonly Upstream[] {
    return this.#upstreams();
  }

  get state(): SyncState {
    return syncState(
      this.upstreams.map(({ link }) => link),
      this.upstreams.map(({ contents }) => contents),
    );
  }

  /** When data last came from where it is made, in milliseconds since 1970; what was kept from before does not count. */
  get syncedAt(): number | undefined {
    const seen = this.upstreams.map(({ contents }) => contents.seen).filter((each) => each !== undefined);
    return seen.length > 0 ? Math.max(...seen) : this.#told;
  }

  /** Data came from where it is made, not from what was kept. */
  told(): void {
    this.#told = Date.now();
  }

  /** Whether what is served was kept from before, and nobody has confirmed it since. */
  get stale(): boolean {
    return this.syncedAt === undefined;
  }

  /** Serves data from now on. */
  show(data: DataSet): View {
    const view = new View(data, this.view, this.#watch);
    this.view = view;
    this.insights?.serve(view.environments.keys());
    this.hub.show(view, this.origin.takeReplaced());
    for (const look of [...this.#waiting]) look();
    return view;
  }

  /** Asks every server for everything. @returns undefined if none can be asked now */
  refresh(): Promise<void> | undefined {
    const asked = this.upstreams.map((each) => each.refresh()).filter((each) => each !== undefined);
    return asked.length === 0 ? undefined : Promise.all(asked).then(() => {});
  }

  /** Resolves when something else is served, or after `ms` milliseconds. */
  changed(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#waiting.add(done);
    });
  }

  /** Nobody has to wait any more. */
  end(): void {
    for (const look of [...this.#waiting]) look();
    this.hub.close();
    this.origin.end();
  }
}

/** Changes of an environment within so many milliseconds are told together. */
const GATHER = 10;

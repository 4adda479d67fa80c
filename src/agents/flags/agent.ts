import type { Agent, Host } from "../../core/agent.ts";
import { backoff } from "../../core/backoff.ts";
import { type Life, Lifetime, onAbort, together } from "../../core/life.ts";
import type { ProbeStep } from "../../core/probe.ts";
import { Replica } from "../../core/replica.ts";
import { Backup } from "./backup.ts";
import type { Config } from "./config.ts";
import { DumpFile } from "./dump-file.ts";
import { Insights } from "./insights.ts";
import { keepsakes } from "./keepsakes.ts";
import { measure } from "./measure.ts";
import type { DataSet } from "./model.ts";
import { Origin, type Teller } from "./origin.ts";
import { RedisCache } from "./redis-cache.ts";
import { Relay } from "./relay.ts";
import { Serving } from "./serve.ts";
import { type SharedStore, sharedStore } from "./shared-store.ts";
import { fullStatusOf, statusOf } from "./status.ts";
import { type FeatbitServer, featbitServer } from "./upstreams.ts";
import type { View } from "./view.ts";

/** Relays feature flags from a FeatBit server to SDKs, and goes on when the server is away. */
export class FlagsAgent implements Agent {
  readonly relay: Relay;
  readonly #server: FeatbitServer | undefined;
  readonly #file: DumpFile | undefined;
  readonly #cache: RedisCache | undefined;
  readonly #store: SharedStore | undefined;
  readonly #insights: Insights | undefined;
  readonly #replica: Replica<DataSet, View>;
  readonly #serving: Serving;

  constructor(config: Config, host: Host) {
    const { from } = config;
    this.#server =
      from.featbit &&
      featbitServer({
        config: from.featbit,
        host,
        store: config.store?.redis,
        held: () => this.relay.origin.data,
        status: () => statusOf(this.relay),
      });
    this.#file = from.file && new DumpFile(from.file.path, host.health.part("contents"));
    this.#insights =
      config.insights && new Insights(config.insights, host, (envId) => this.#secretsOf(envId));
    const contents = host.health.part("contents");
    this.#cache =
      from.redis &&
      new RedisCache({ address: from.redis, resync: from.redis.resync, arrived: () => contents.up() });
    this.#store =
      config.store &&
      sharedStore({
        config: config.store.redis,
        host,
        server: this.#server,
        held: () => this.relay.origin.data,
      });
    const origin = new Origin(this.#tellers(host));
    const cache = this.#cache;
    const cached = cache && [{ link: host.health.part("redis"), contents, refresh: () => cache?.refresh() }];
    const upstreams = () => this.#store?.upstreams() ?? this.#server?.upstreams ?? cached ?? [];
    this.relay = new Relay({ config, host, origin, upstreams, insights: this.#insights });
    this.#replica = this.#keep(config, host, origin);
    host.health.measures(() => lagOf(this.relay));
    this.#serving = new Serving(this.relay);
    measure(this.relay);
  }

  async run(life: Life): Promise<void> {
    // Whatever SDKs still report while they are sent away has to find somebody who takes it.
    const last = new Lifetime();
    const forget = onAbort(life.kill, () => last.ringKill("stopped"));
    try {
      await together(
        life,
        (inner) => this.#replica.run(inner),
        (inner) => this.#store?.run(inner.stop) ?? Promise.resolve(),
        (inner) => this.#register(inner.stop),
        async (inner) => {
          const forgetInner = onAbort(inner.kill, () => last.ringKill("stopped"));
          await this.#serving.run(inner).finally(() => last.ringStop("stopped"));
          forgetInner();
        },
        () => this.#insights?.run(last) ?? Promise.resolve(),
      );
    } finally {
      forget();
      this.relay.end();
    }
  }

  /**
   * Asks the server for everything now.
   * @param older whether what it has in an older version than we have takes the place of ours
   */
  async refresh(older = false): Promise<string> {
    if (older) this.relay.origin.takeOlder();
    const asked = this.relay.refresh();
    if (!asked) return "there is no link to a server to ask";
    await asked;
    return `data version ${this.relay.view?.version ?? 0}`;
  }

  inspect(): unknown {
    return fullStatusOf(this.relay);
  }

  *probe(): Generator<ProbeStep> {
    const streams = this.#server?.streams ?? [];
    for (const [index, stream] of streams.entries()) {
      const step = streams.length === 1 ? "origin" : `origin:${index + 1}`;
      yield { step, attempt: (signal) => stream.probe(signal) };
    }
    const [file, cache, insights] = [this.#file, this.#cache, this.#insights];
    if (file) yield { step: "origin", attempt: (signal) => file.probe(signal) };
    if (cache) yield { step: "redis", attempt: (signal) => cache.probe(signal) };
    if (insights) yield { step: "sink", attempt: (signal) => insights.probe(signal) };
  }

  #tellers(host: Host): Teller[] {
    const file = this.#file;
    const watched = file && {
      feed: file,
      part: host.health.part("file"),
      backoff: backoff("exponential-jitter", { max: 2_000 }),
    };
    const cached = this.#cache && {
      feed: this.#cache,
      part: host.health.part("redis"),
      backoff: backoff("exponential-jitter", { max: 5_000 }),
    };
    const fromServer = this.#store?.tellers ?? this.#server?.tellers ?? [];
    return [...fromServer, ...[watched, cached].filter((each) => each !== undefined)];
  }

  /** Only whoever follows the server has to be known there. */
  async #register(signal: AbortSignal): Promise<void> {
    const registration = this.#server?.registration;
    if (!registration) return;
    await this.#store?.led(signal);
    await registration.run(signal);
  }

  #keep(config: Config, host: Host, origin: Origin): Replica<DataSet, View> {
    const agent = config.from.featbit?.agent ?? host.name;
    const backup = config.backup && new Backup({ ...config.backup, agent });
    return new Replica<DataSet, View>({
      feed: origin,
      snapshot: keepsakes(this.#store ? [this.#store] : [], host.snapshot(), backup),
      health: host.health,
      backoff: backoff("exponential-jitter"),
      view: ({ data }) => this.relay.show(data),
      accepted: () => {
        this.relay.told();
        this.#store?.changed();
      },
    });
  }

  #secretsOf(envId: string) {
    const { view } = this.relay;
    return view && (view.environments.get(envId)?.environment.secrets ?? []);
  }
}

/** How long ago the server gave a sign of life, in milliseconds; undefined without one, and before its first. */
function lagOf({ upstreams }: Relay): number | undefined {
  const seen = upstreams.map(({ link }) => link.seen).filter((each) => each !== undefined);
  return seen.length === 0 ? undefined : Date.now() - Math.max(...seen);
}

import type { Host } from "../../core/agent.ts";
import { backoff } from "../../core/backoff.ts";
import { Lifetime, onAbort, together } from "../../core/life.ts";
import type { Revision } from "../../core/revision.ts";
import type { Config } from "./config.ts";
import { Lease } from "./lease.ts";
import { type Leadership, whileLeading } from "./led.ts";
import type { DataSet } from "./model.ts";
import type { Teller } from "./origin.ts";
import { RedisFollower } from "./redis-follower.ts";
import { originOf, redisKeys } from "./redis-keys.ts";
import { RedisStore } from "./redis-store.ts";
import type { Upstream } from "./relay.ts";
import type { FeatbitServer } from "./upstreams.ts";

type StoreConfig = NonNullable<Config["store"]>["redis"];

/** A Redis that several agents share, as far as one of them has to know it. */
export interface SharedStore {
  /** Who tells news; undefined where the store changes nothing about it. */
  readonly tellers: readonly Teller[] | undefined;
  upstreams(): readonly Upstream[] | undefined;
  load(): Promise<Revision<DataSet> | undefined>;
  /** There is something new to be written. */
  changed(): void;
  led(signal: AbortSignal): Promise<void>;
  run(signal: AbortSignal): Promise<void>;
}

export interface SharedStoreOptions {
  readonly config: StoreConfig;
  readonly host: Host;
  readonly server: FeatbitServer | undefined;
  held(): DataSet;
}

/** How often a follower reads everything again, in milliseconds. */
const RESYNC = 900_000;

/** Wires the store: a copy that each agent writes, or one elected writer whom the others follow. */
export function sharedStore({ config, host, server, held }: SharedStoreOptions): SharedStore {
  const origin = originOf(host.name);
  const part = host.health.part("store");
  const { prefix } = config;
  const elected = config.single_writer && server ? new Elected(config, host, server, origin) : undefined;
  const writes = () => elected?.leads ?? true;
  const store = new RedisStore({ address: config, prefix, origin, part, held, writes });
  elected?.watch(() => store.changed());
  return {
    tellers: elected?.tellers,
    upstreams: () => elected?.upstreams,
    load: () => store.load(),
    changed: () => store.changed(),
    led: (signal) => elected?.led(signal) ?? Promise.resolve(),
    run: (signal) =>
      whole(
        signal,
        (inner) => store.run(inner),
        (inner) => elected?.run(inner) ?? Promise.resolve(),
      ),
  };
}

/** One of several: it follows the server while it leads, and the one who leads while it does not. */
class Elected implements Leadership {
  readonly tellers: readonly Teller[];
  readonly #lease: Lease;
  readonly #follower: Upstream;
  readonly #server: FeatbitServer;
  readonly #watchers = new Set<(leads: boolean) => void>();

  constructor(config: StoreConfig, { health }: Host, server: FeatbitServer, origin: string) {
    const { prefix } = config;
    this.#server = server;
    this.#lease = new Lease({
      address: config,
      key: redisKeys(prefix).leader,
      token: origin,
      part: health.part("lease"),
      changed: (leads) => {
        for (const changed of [...this.#watchers]) changed(leads);
      },
    });
    const link = health.part("follow");
    const contents = health.part("followed");
    const feed = new RedisFollower({
      address: config,
      prefix,
      origin,
      resync: RESYNC,
      arrived: () => contents.up(),
      asked: () => {
        if (this.leads) for (const { refresh } of server.upstreams) void refresh();
      },
    });
    this.#follower = { link, contents, refresh: () => feed.refresh() };
    const follower = { feed, part: link, backoff: backoff("exponential-jitter", { base: 500, max: 5_000 }) };
    const led = server.tellers.map((teller) => ({ ...teller, feed: whileLeading(teller.feed, this) }));
    this.tellers = [...led, follower];
  }

  get leads(): boolean {
    return this.#lease.leads;
  }

  get upstreams(): readonly Upstream[] {
    return this.leads ? this.#server.upstreams : [this.#follower];
  }

  watch(changed: (leads: boolean) => void): () => void {
    this.#watchers.add(changed);
    return () => this.#watchers.delete(changed);
  }

  async led(signal: AbortSignal): Promise<void> {
    if (this.leads || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        forget();
        forgetSignal();
        resolve();
      };
      const forget = this.watch((leads) => leads && done());
      const forgetSignal = onAbort(signal, done);
    });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#lease.run(signal);
  }
}

/** Runs tasks until the signal rings; when one fails, the other ends as well. */
async function whole(
  signal: AbortSignal,
  ...tasks: ((signal: AbortSignal) => Promise<void>)[]
): Promise<void> {
  const life = new Lifetime();
  const forget = onAbort(signal, () => life.ringStop("stopped"));
  try {
    await together(
      life,
      ...tasks.map((task) => (inner: Lifetime | { stop: AbortSignal }) => task(inner.stop)),
    );
  } finally {
    forget();
  }
}

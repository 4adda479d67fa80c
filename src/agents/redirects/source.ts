import type { Host } from "../../core/agent.ts";
import type { Backoff } from "../../core/backoff.ts";
import type { Feed } from "../../core/feed.ts";
import { type Life, onAbort } from "../../core/life.ts";
import { paced } from "../../core/pace.ts";
import { messageOf } from "../../core/problems.ts";
import { Replica, type Revision, type Snapshot } from "../../core/replica.ts";
import type { Config } from "./config.ts";
import { Layer, type LayerOptions } from "./layer.ts";
import { lint } from "./lint.ts";
import { partly } from "./partly.ts";
import type { Rules } from "./rules.ts";

/** Rules, wherever they come from. */
export interface RulesSource {
  readonly layer: Layer | undefined;
  readonly version: string | undefined;
  readonly seen: number | undefined;
  /** Resolves when the first rules are ready. */
  readonly known: Promise<void>;
  run(life: Life): Promise<void>;
  probe(signal: AbortSignal): Promise<void>;
}

/** What all sources of an agent share. */
export interface Shared {
  readonly host: Host;
  readonly config: Config;
  /** Tells the parts of health of several sources apart. */
  readonly name: string | undefined;
}

export interface SourceOptions<D> extends Shared {
  readonly feed: Feed<Revision<D>>;
  readonly snapshot: Snapshot<D>;
  /** From what the feed yields to rules. Throws RejectedProblem. */
  readonly read: (data: D) => Rules;
  readonly onBadRule: LayerOptions["onBadRule"];
  readonly backoff: Backoff;
  /** Told after each build why not all of the revision is served; empty: all of it is. */
  readonly built: (error: string) => void;
}

/** Rules from one feed, made ready whenever they, or the time, have changed. */
export class Source<D> implements RulesSource {
  readonly #options: SourceOptions<D>;
  readonly #replica: Replica<D, Layer>;
  readonly known: Promise<void>;
  #tell: () => void = () => {};
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SourceOptions<D>) {
    this.#options = options;
    this.known = new Promise((resolve) => (this.#tell = resolve));
    const { feed, snapshot, host, name } = options;
    this.#replica = new Replica<D, Layer>({
      feed,
      snapshot,
      health: host.health,
      backoff: options.backoff,
      ...(name !== undefined && { name }),
      view: (next, previous) => this.#make(next, previous),
      accepted: (next, ms) => this.#accepted(next.version, ms),
      refused: (next, reason) => this.#refused(next.version, reason),
    });
  }

  get layer(): Layer | undefined {
    return this.#replica.view;
  }

  get version(): string | undefined {
    return this.#replica.held?.version;
  }

  get seen(): number | undefined {
    return this.#replica.seen;
  }

  async run(life: Life): Promise<void> {
    const forget = onAbort(life.stop, () => clearTimeout(this.#timer));
    try {
      await this.#replica.run(life);
    } finally {
      forget();
      clearTimeout(this.#timer);
    }
  }

  async probe(signal: AbortSignal): Promise<void> {
    await this.#options.feed.probe?.(signal);
  }

  async #make(next: Revision<D>, previous: Layer | undefined): Promise<Layer> {
    const { read, onBadRule, config } = this.#options;
    const pages = { etag: config.etag, compress: config.compress, charset: config.charset };
    const { matching } = config;
    const told = paced((built, of) =>
      this.#options.host.log.info(partly({ built }, of), "making rules ready"),
    );
    const layer = await Layer.of(read(next.data), { matching, onBadRule, pages, told }, previous);
    this.#planRebuild(layer.nextChange);
    this.#options.built(failureOf(layer));
    this.#tell();
    return layer;
  }

  /** A rule's window opens or closes: the same rules make another layer. */
  #planRebuild(at: number | undefined): void {
    clearTimeout(this.#timer);
    if (at === undefined) return;
    const wait = Math.min(Math.max(0, at - Date.now()) + 1, 2 ** 31 - 1);
    this.#timer = setTimeout(() => void this.#replica.rebuild(), wait);
    this.#timer.unref();
  }

  #accepted(version: string, ms: number): void {
    const { log } = this.#options.host;
    const layer = this.layer;
    const bad = layer?.bad ?? [];
    const counts = { rules: layer?.rules.length, pages: layer?.pages.size, bad_rules: bad.length };
    log.info({ version, ...counts, build_ms: Math.round(ms) }, "rules accepted");
    if (layer && this.#options.config.lint) void this.#lint(version, layer);
    const [first] = bad;
    if (!first || !layer) return;
    const source = layer.rules.sources[first.index];
    log.warn(
      { version, source, reason: first.problem.message, bad_rules: bad.length },
      "rules that do not compile are left out",
    );
  }

  /** Goes on in slices beside what is served, so nobody waits for it. */
  async #lint(version: string, layer: Layer): Promise<void> {
    const { counts, rules } = await lint(layer, this.#options.config.matching);
    this.#options.host.log.info({ version, rules, ...counts }, "rules linted");
  }

  #refused(version: string, reason: unknown): void {
    const error = messageOf(reason);
    this.#options.host.log.error(
      { version, reason: error },
      "rules refused, the ones before go on being served",
    );
    this.#options.built(error);
  }
}

/** What the Manager should know about rules that were left out. */
function failureOf({ rules, bad: [first, ...more] }: Layer): string {
  if (!first) return "";
  return `${more.length + 1} of ${rules.length} rules left out; ${rules.sources[first.index]}: ${first.problem.message}`;
}

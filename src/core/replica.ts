import type { Backoff } from "./backoff.ts";
import { type Feed, follow } from "./feed.ts";
import type { Health, Part } from "./health.ts";
import { type Life, unless } from "./life.ts";
import { messageOf, Problem, RejectedProblem } from "./problems.ts";
import type { Revision, Snapshot } from "./revision.ts";
import { Saver } from "./saver.ts";
import { Turns } from "./turns.ts";

export type { Revision, Snapshot } from "./revision.ts";

export interface ReplicaOptions<D, V> {
  readonly feed: Feed<Revision<D>>;
  /**
   * Turn plain data into what is served. The previous view helps to build only what was touched.
   * Throwing refuses the revision: the one before goes on being served. A big view may be built in slices and
   * returned as a promise, so that serving goes on meanwhile.
   */
  view(next: Revision<D>, previous: V | undefined): V | Promise<V>;
  readonly snapshot: Snapshot<D>;
  readonly health: Health;
  readonly backoff: Backoff;
  /** Distinguishes several replicas of one agent. Default: none. */
  readonly name?: string;
  /** `ms` is how long building the view took. */
  accepted?(next: Revision<D>, ms: number): void;
  refused?(next: Revision<D>, reason: unknown): void;
}

/** A local copy of a truth that lives elsewhere. It serves its last good view whatever happens to the link. */
export class Replica<D, V = D> {
  readonly #options: ReplicaOptions<D, V>;
  readonly #origin: Part;
  readonly #revision: Part;
  readonly #saver: Saver<D>;
  readonly #awaited: string;
  /** One view is built after the other, so that none takes the place of a newer one. */
  readonly #turns = new Turns();
  #killed: AbortSignal = new AbortController().signal;
  #view: V | undefined;
  #held: Revision<D> | undefined;

  constructor(options: ReplicaOptions<D, V>) {
    this.#options = options;
    const { health, name } = options;
    const part = (base: string) => health.part(name === undefined ? base : `${base}:${name}`);
    this.#origin = part("origin");
    this.#revision = part("revision");
    this.#saver = new Saver(options.snapshot, part("snapshot"));
    this.#awaited = name ?? "origin";
    health.awaits(this.#awaited);
    if (!options.feed.local) health.measures(() => this.#lag());
  }

  /** What is served now; undefined until the first revision was accepted. */
  get view(): V | undefined {
    return this.#view;
  }

  /** The revision behind the view. */
  get held(): Revision<D> | undefined {
    return this.#held;
  }

  /** When the origin last gave a sign of life, in milliseconds since 1970. */
  get seen(): number | undefined {
    return this.#origin.seen;
  }

  /** Builds the view anew from the revision that is held, because it also depends on something else, such as the time. */
  rebuild(): Promise<void> {
    // Which one is held is asked when it is our turn: a newer one may be on its way.
    return this.#turns.take(async () => {
      if (this.#held) await this.#build(this.#held, false);
    });
  }

  #lag(): number | undefined {
    return this.seen === undefined ? undefined : Date.now() - this.seen;
  }

  /** Serves the snapshot at once, then follows the origin until told to stop. */
  async run(life: Life): Promise<void> {
    this.#killed = life.kill;
    const saved = await unless(life.kill, this.#saver.load());
    if (saved && !life.stop.aborted) await this.#take(saved, false);
    const { feed, backoff } = this.#options;
    const following = follow(feed, { signal: life.stop, part: this.#origin, backoff, after: this.#held });
    for await (const revision of following) await this.#take(revision, true);
    await this.#saver.flush(life.kill);
  }

  async #take(next: Revision<D>, fresh: boolean): Promise<void> {
    await unless(
      this.#killed,
      this.#turns.take(() => this.#build(next, fresh)),
    );
  }

  async #build(next: Revision<D>, fresh: boolean): Promise<void> {
    const { health, view, accepted, refused } = this.#options;
    const began = performance.now();
    let seen: V;
    try {
      seen = await view(next, this.#view);
    } catch (reason) {
      this.#refuse(reason);
      if (fresh) refused?.(next, reason);
      return;
    }
    if (this.#killed.aborted) return;
    this.#view = seen;
    this.#held = next;
    this.#revision.up();
    health.arrived(this.#awaited);
    if (!fresh) return;
    this.#saver.save(next);
    accepted?.(next, performance.now() - began);
  }

  #refuse(reason: unknown): void {
    const problem =
      reason instanceof Problem ? reason : new RejectedProblem("data_refused", messageOf(reason));
    this.#revision.down(problem);
  }
}

import { type Belongs, compiled, compiledSegment, type Segments } from "./compile.ts";
import { type Evaluation, evaluate } from "./evaluate.ts";
import type { Environment, Flag, Item, Segment } from "./model.ts";
import { clientFlag, clientSync, type EventType, type Message, serverSync } from "./payload.ts";
import type { User } from "./user.ts";
import { environmentVersion, versionOf } from "./version.ts";

/** So many answers to different time stamps are kept; a crowd that reconnects has few of them. */
const MOST_PATCHES = 32;

/** Flags, each in one version, that were complained about. */
const told = new WeakSet<Flag>();

/** Told what happens where flags are evaluated. */
export interface Watch {
  /** Of each flag that cannot be used as it is, once. */
  odd(flag: Flag, why: string): void;
  /** How long the flags of one answer took, in milliseconds. */
  evaluated(ms: number): void;
}

const nobody: Watch = { odd() {}, evaluated() {} };

/** What changed in an environment. */
export interface Difference {
  readonly flags: readonly Flag[];
  readonly segments: readonly Segment[];
  /** Something is there no more, or is older than it was, which only a `full` can say. */
  readonly removed: boolean;
}

/** One environment as it is served: answers that many want are made once, everything on first use. */
export class EnvironmentView implements Segments {
  readonly environment: Environment;
  /** The largest version in it, in milliseconds since 1970. */
  readonly version: number;
  readonly #watch: Watch;
  readonly #patches = new Map<number, Message>();
  #byId: ReadonlyMap<string, Segment> | undefined;
  #byKey: ReadonlyMap<string, Flag> | undefined;
  #effective: WeakMap<Flag, number> | undefined;
  #full: Message | undefined;

  constructor(environment: Environment, watch: Watch = nobody) {
    this.environment = environment;
    this.#watch = watch;
    this.version = environmentVersion(environment);
  }

  /** Whether a user belongs to a segment. */
  get(id: string): Belongs | undefined {
    const segment = this.#segments.get(id);
    return segment && compiledSegment(segment);
  }

  flag(key: string): Flag | undefined {
    this.#byKey ??= new Map(this.environment.featureFlags.map((flag) => [flag.key, flag]));
    return this.#byKey.get(key);
  }

  evaluate(flag: Flag, user: User): Evaluation {
    const ready = compiled(flag);
    if (ready.malformed.length > 0) this.#tell(flag, ready.malformed.join("; "));
    return evaluate(ready, this, user);
  }

  /**
   * The version that client SDKs see: that of the flag or of the newest segment it refers to, whichever is newer. A
   * segment changes without its flags, and who polls would never hear of it otherwise.
   */
  effective(flag: Flag): number {
    this.#effective ??= new WeakMap();
    const known = this.#effective.get(flag);
    if (known !== undefined) return known;
    const { segmentTexts } = compiled(flag);
    let version = versionOf(flag);
    if (segmentTexts.length > 0)
      for (const segment of this.environment.segments)
        if (refers(segmentTexts, segment)) version = Math.max(version, versionOf(segment));
    this.#effective.set(flag, version);
    return version;
  }

  /** What a server SDK gets that has everything up to a version; 0 has nothing. Archived items are in it. */
  serverAnswer(since: number): Message {
    const { featureFlags, segments } = this.environment;
    if (since === 0) {
      this.#full ??= serverSync("full", featureFlags, segments);
      return this.#full;
    }
    const known = this.#patches.get(since);
    if (known) return known;
    const newer = (item: Flag | Segment) => versionOf(item) > since;
    const made = serverSync("patch", featureFlags.filter(newer), segments.filter(newer));
    if (this.#patches.size >= MOST_PATCHES) this.#patches.delete(this.#patches.keys().next().value!);
    this.#patches.set(since, made);
    return made;
  }

  /** Whether anything is newer than a version, as server SDKs see it. */
  hasNewer(since: number): boolean {
    return this.version > since;
  }

  /** The flags that are newer than a version, as client SDKs see it; 0 is all of them. */
  flagsSince(since: number): readonly Flag[] {
    const { featureFlags } = this.environment;
    return since === 0 ? featureFlags : featureFlags.filter((flag) => this.effective(flag) > since);
  }

  /** What a client SDK gets of some flags. */
  clientAnswer(eventType: EventType, user: User, flags: readonly Flag[]): Message {
    const texts = this.timed(() =>
      flags.map((flag) => clientFlag(compiled(flag), this.evaluate(flag, user), this.effective(flag))),
    );
    return clientSync(eventType, user.keyId, texts);
  }

  /** Evaluates for one answer. */
  timed<T>(evaluate: () => T): T {
    const began = performance.now();
    const result = evaluate();
    this.#watch.evaluated(performance.now() - began);
    return result;
  }

  /** The flags that refer to one of these segments. */
  affectedBy(segments: readonly Segment[]): readonly Flag[] {
    if (segments.length === 0) return [];
    return this.environment.featureFlags.filter((flag) => {
      const { segmentTexts } = compiled(flag);
      return segmentTexts.length > 0 && segments.some((segment) => refers(segmentTexts, segment));
    });
  }

  /** What is different from an earlier view. Things that did not change are the same objects in both. */
  differenceFrom(before: EnvironmentView): Difference {
    const one = before.environment;
    const two = this.environment;
    const flags = different(one.featureFlags, two.featureFlags);
    const segments = different(one.segments, two.segments);
    return {
      flags: flags.fresh,
      segments: segments.fresh,
      removed: flags.removed || segments.removed,
    };
  }

  segment(id: string): Segment | undefined {
    return this.#segments.get(id);
  }

  #tell(flag: Flag, why: string): void {
    if (told.has(flag)) return;
    told.add(flag);
    this.#watch.odd(flag, why);
  }

  get #segments(): ReadonlyMap<string, Segment> {
    this.#byId ??= new Map(this.environment.segments.map((segment) => [segment.id, segment]));
    return this.#byId;
  }
}

function refers(texts: readonly string[], { id }: Segment): boolean {
  return texts.some((text) => text.includes(id));
}

function different<T extends Item>(before: readonly T[], after: readonly T[]) {
  if (before === after) return { fresh: [], removed: false };
  const held = new Map(before.map((item) => [item.id, item]));
  const fresh = after.filter((item) => held.get(item.id) !== item);
  const ids = new Set(after.map(({ id }) => id));
  const older = fresh.some((item) => versionOf(item) < versionOf(held.get(item.id) ?? item));
  return { fresh, removed: older || before.some(({ id }) => !ids.has(id)) };
}

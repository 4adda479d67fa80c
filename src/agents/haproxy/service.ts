import type { Log } from "../../core/log.ts";
import { completeLine, hapgentLine } from "./line.ts";
import type { Memory } from "./memory.ts";
import {
  compose,
  type Override,
  type State,
  sameState,
  standingOf,
  type Verdict,
  type Voices,
} from "./state.ts";
import { Story } from "./story.ts";

/** `ready` is said at least this long after our own drain or maintenance ended, in milliseconds. */
const LEAST_GRACE = 30_000;
/** … and for so many of the longest pauses between polls. */
const GRACE_GAPS = 3;

export interface ServiceOptions {
  readonly name: string;
  readonly mode: "hapgent" | "complete";
  readonly ready: "never" | "after-change" | "always";
  readonly maxconn: number | undefined;
  readonly memory: Memory;
  /** The longest pause between two polls of this service, in milliseconds. */
  readonly longestGap: () => number;
  readonly log: Log;
}

/**
 * One service's answer. Several voices have a say in it; whenever one changes, the answer is made anew and stands
 * ready as bytes, so that whoever asks is answered from memory.
 */
export class Service {
  readonly name: string;
  readonly #options: ServiceOptions;
  #voices: Voices;
  #said: State | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** The answer, line end included. */
  line: Buffer = Buffer.alloc(0);
  readonly story = new Story();
  /** Counts the answers, to know who has heard the newest. */
  generation = 0;

  constructor(options: ServiceOptions) {
    this.name = options.name;
    this.#options = options;
    const verdict: Verdict = { says: "up", reason: undefined };
    this.#voices = {
      file: undefined,
      override: undefined,
      verdict,
      weight: undefined,
      leaving: false,
    };
  }

  /** What is said now; undefined before the first state was read. */
  get said(): State | undefined {
    return this.#said;
  }

  get override(): Override | undefined {
    return this.#voices.override;
  }

  /** Takes up what was remembered from before. */
  recall(): void {
    this.#voices = { ...this.#voices, override: this.#options.memory.of(this.name).override };
  }

  /** A voice has changed: make the answer anew. */
  hear(change: Partial<Voices>): void {
    this.#voices = { ...this.#voices, ...change };
    if ("override" in change) this.#options.memory.put(this.name, { override: change.override });
    this.#say();
  }

  /** Ends the timers; the answer stays as it is. */
  close(): void {
    clearTimeout(this.#timer);
  }

  #say(): void {
    this.#endOverride();
    const said = compose(this.#voices);
    if (!said) return;
    const news = !this.#said || !sameState(said, this.#said);
    this.#said = said;
    this.#noteAdmin(said);
    const line = Buffer.from(this.#render(said));
    if (!line.equals(this.line)) {
      this.line = line;
      this.generation++;
    }
    // HAProxy logs no change of weight or maxconn, so we do.
    if (news) {
      this.#options.log.info({ service: this.name, ...said }, "state changed");
      this.story.tell(said);
    }
    this.#plan();
  }

  #render(said: State): string {
    const { mode, maxconn } = this.#options;
    return mode === "hapgent" ? hapgentLine(said) : completeLine(said, { ready: this.#ready(), maxconn });
  }

  /** Whether `ready` is to be said, which would end an operator's maintenance too. */
  #ready(): boolean {
    const { ready } = this.#options;
    return ready === "always" || (ready === "after-change" && this.#graceLeft() > 0);
  }

  #graceLeft(): number {
    const { endedAt, gap = 0 } = this.#options.memory.of(this.name);
    if (endedAt === undefined) return 0;
    const grace = Math.max(LEAST_GRACE, GRACE_GAPS * Math.max(gap, this.#options.longestGap()));
    return endedAt + grace - Date.now();
  }

  #noteAdmin(said: State): void {
    const { memory, longestGap } = this.#options;
    const before = memory.of(this.name);
    const { admin } = standingOf(said.status);
    if (admin === (before.admin ?? "ready")) return;
    // A process that has just started has seen no gap yet.
    const gap = longestGap() || before.gap;
    memory.put(this.name, { admin, endedAt: admin === "ready" ? Date.now() : undefined, gap });
  }

  #endOverride(): void {
    const { override } = this.#voices;
    if (override?.until === undefined || override.until > Date.now()) return;
    this.#voices = { ...this.#voices, override: undefined };
    this.#options.memory.put(this.name, { override: undefined });
    this.#options.log.info({ service: this.name }, "override has ended");
  }

  /** Comes back when the next thing ends by itself. */
  #plan(): void {
    clearTimeout(this.#timer);
    const until = this.#voices.override?.until;
    const ends = [until === undefined ? undefined : until - Date.now(), this.#graceLeft() || undefined];
    const next = ends.filter((ms) => ms !== undefined && ms > 0) as number[];
    if (next.length === 0) return;
    this.#timer = setTimeout(() => this.#say(), Math.min(...next, 2 ** 31 - 1) + 1);
    this.#timer.unref();
  }
}

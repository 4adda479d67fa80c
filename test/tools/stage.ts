import { Gate } from "../../src/agents/queue/backend/gate.ts";
import type { Closing, Surroundings } from "../../src/agents/queue/backend/surroundings.ts";
import { messenger } from "../../src/agents/queue/passed-on.ts";
import { type Profile, profiles } from "../../src/agents/queue/profile.ts";
import { type Log, silent } from "../../src/core/log.ts";
import type { Tidy } from "./tidy.ts";

interface StageOptions {
  readonly profile?: Profile | keyof typeof profiles;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly log?: Log;
}

/** What layers need around them, without an agent; what they open is closed by the test. */
export class Stage implements Surroundings {
  readonly profile: Profile;
  readonly timeout: number;
  readonly log: Log;
  readonly gate = new Gate();
  readonly readsData = true;
  readonly env = {};
  readonly called = () => {};
  readonly message: Surroundings["message"];
  readonly owns: (closing: Closing) => void;
  readonly prepares: (task: (signal: AbortSignal) => Promise<void>) => void;
  readonly #tasks: ((signal: AbortSignal) => Promise<void>)[] = [];

  constructor(tidy: Tidy, { profile = "safe", timeout = 1_000, log = silent }: StageOptions = {}) {
    this.profile = typeof profile === "string" ? profiles[profile] : profile;
    this.log = log;
    this.message = messenger({ format: "plain" }, this.profile);
    this.timeout = timeout;
    this.owns = (closing) => tidy.later(() => closing.close());
    this.prepares = (task) => void this.#tasks.push(task);
  }

  readonly triesAgain = (status: number) => status >= 500 || status === 429;

  async prepare(): Promise<void> {
    for (const task of this.#tasks) await task(new AbortController().signal);
  }
}

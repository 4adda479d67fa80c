import type { Log } from "../core/log.ts";
import { ConfigProblem } from "../core/problems.ts";
import { sweepTemporary } from "../wire/atomic.ts";
import { lockFolder } from "../wire/lock.ts";

/** The folder of what outlives the process, which is ours alone while we run. */
export class StateFolder {
  readonly #log: Log;
  #path = "";
  #unlock: () => void = () => {};

  constructor(log: Log) {
    this.#log = log;
  }

  /** Empty until it is named. */
  get path(): string {
    return this.#path;
  }

  name(path: string): void {
    this.#path = path;
  }

  /**
   * An unusable folder costs what is kept in it, never the service. Another owner is a mistake to mend: throws
   * ConfigProblem.
   */
  async take(): Promise<void> {
    try {
      this.#unlock = lockFolder(this.#path);
      await sweepTemporary(this.#path);
    } catch (error) {
      if (error instanceof ConfigProblem) throw error;
      const fields = { dir: this.#path, err: error };
      this.#log.error(fields, "state folder cannot be used, nothing will outlive the process");
    }
  }

  release(): void {
    this.#unlock();
  }
}

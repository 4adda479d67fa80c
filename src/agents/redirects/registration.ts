import type { Part } from "../../core/health.ts";
import { LinkProblem, Problem } from "../../core/problems.ts";
import type { AgentReport, ManagerApi } from "./manager-api.ts";

export interface RegistrationOptions {
  readonly api: ManagerApi;
  readonly name: string;
  readonly type: AgentReport["type"];
  readonly sync: "peer" | "healing";
  /** The health of telling the Manager how we are. */
  readonly part: Part;
}

/** A load that is over. */
export interface Loaded {
  readonly version: number;
  /** When it began, as `performance.now()` has it. */
  readonly began: number;
  /** Why not all of it is served; empty if all is. */
  readonly error: string;
}

/** A Manager accepts names of these characters only. */
const NAME = /^[A-Za-z0-9_-]+$/;
/** The Manager's database keeps so many characters of an error. */
const LONGEST_ERROR = 500;

/**
 * Our entry in the Manager's list of agents. As the peer, we report after each load and otherwise give a heartbeat;
 * unless the peer's own requests are wanted, we also introduce ourselves again when the Manager has forgotten us.
 */
export class Registration {
  readonly #options: RegistrationOptions;
  readonly #name: string;
  #last: AgentReport | undefined;
  #known = false;

  constructor(options: RegistrationOptions) {
    this.#options = options;
    this.#name = options.sync === "peer" ? options.name : options.name.replace(/[^A-Za-z0-9_-]/g, "-");
  }

  /** Tells how a load went. Throws LinkProblem and DeniedProblem in `sync: peer` only. */
  async report(loaded: Loaded, signal: AbortSignal): Promise<void> {
    await this.#introduce(this.#reportOf(loaded), signal);
  }

  /** Tells that nothing is new. `loaded` is what stands in the report, should one be needed. Throws as `report`. */
  async alive(loaded: Loaded, signal: AbortSignal): Promise<void> {
    const { api, sync } = this.#options;
    if (sync === "peer") return api.hit(this.#name, signal);
    if (this.#known && (await this.#tell(() => api.hit(this.#name, signal)))) return;
    // The Manager was made anew, or we were, or the last report did not arrive.
    await this.#introduce(this.#last ?? this.#reportOf(loaded), signal);
  }

  async #introduce(report: AgentReport, signal: AbortSignal): Promise<void> {
    const { api, sync } = this.#options;
    this.#last = report;
    if (sync === "healing") await this.#tell(() => api.report(report, signal));
    else if (NAME.test(this.#name)) await api.report(report, signal);
    else throw new LinkProblem("answer_unexpected", `the Manager takes no agent named "${this.#name}"`);
  }

  /**
   * Telling the Manager is a courtesy: if it fails, serving goes on, and the next look introduces us again.
   * @returns whether it arrived
   */
  async #tell(send: () => Promise<void>): Promise<boolean> {
    try {
      await send();
      this.#known = true;
      this.#options.part.up();
    } catch (error) {
      this.#known = false;
      if (!(error instanceof Problem)) throw error;
      this.#options.part.down(error);
    }
    return this.#known;
  }

  #reportOf({ version, began, error }: Loaded): AgentReport {
    const { type, sync } = this.#options;
    return {
      name: this.#name,
      status: error === "" ? "success" : "error",
      type,
      version,
      // 0 would be refused.
      load_duration: Math.max(1, Math.round((performance.now() - began) * 1e6)),
      error: sync === "healing" ? error.slice(0, LONGEST_ERROR) : error,
    };
  }
}

import { Bell } from "../../core/bell.ts";
import { sleep } from "../../core/life.ts";
import type { Report } from "./report.ts";
import { type Member, reportOf } from "./self.ts";

/** Changes that follow one another faster than this, in milliseconds, are told together. */
const TOGETHER = 250;

/** What a report is made of. */
export interface Subject {
  /** All agents, as they are now. */
  members(): readonly Member[];
  /** Calls back with the name of an agent whose health has changed. @returns a function that ends it */
  watch(changed: (name: string) => void): () => void;
  /** How one agent stands; undefined if it is gone. */
  standing(name: string): string | undefined;
}

/** When it is time for a report: at once, then every so often, and whenever an agent's standing changes. */
export class Herald {
  readonly #subject: Subject;
  readonly #own: { readonly name: string; readonly every: number };
  readonly #bell = new Bell();
  readonly #standings = new Map<string, string | undefined>();
  readonly #forget: () => void;

  constructor(subject: Subject, own: { readonly name: string; readonly every: number }) {
    this.#subject = subject;
    this.#own = own;
    for (const { name, standing } of subject.members()) this.#standings.set(name, standing);
    this.#forget = subject.watch((name) => this.#look(name));
  }

  /** The name of this process in the fleet. */
  get name(): string {
    return this.#own.name;
  }

  /** How this process is now. */
  report(): Report {
    return reportOf(this.#subject.members(), this.#own);
  }

  /** Reports, each when it is time, until the signal rings. */
  async *reports(signal: AbortSignal): AsyncGenerator<Report> {
    while (!signal.aborted) {
      yield this.report();
      await this.#bell.rungWithin(this.#own.every, signal);
      // What falls rarely falls alone.
      await sleep(TOGETHER, signal);
    }
  }

  end(): void {
    this.#forget();
  }

  #look(name: string): void {
    const standing = this.#subject.standing(name);
    if (this.#standings.get(name) === standing) return;
    if (standing === undefined) this.#standings.delete(name);
    else this.#standings.set(name, standing);
    this.#bell.ring();
  }
}

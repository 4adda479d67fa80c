import type { Note } from "../../../core/agent.ts";
import { ConfigProblem, type Mistake } from "../../../core/problems.ts";
import { maskUrl } from "../../../core/secret.ts";

/** What is to be said about a file of the peer: what cannot be carried over, and what cannot be used. */
export class Report {
  readonly #notes = new Map<string, string[]>();
  readonly #mistakes: Mistake[] = [];

  /** A remark on a place. The same remark on several places is made once, on the first, and counts the others. */
  note(at: string, message: string): void {
    const shown = maskUrl(message);
    const places = this.#notes.get(shown);
    if (places === undefined) this.#notes.set(shown, [at]);
    else if (!places.includes(at)) places.push(at);
  }

  /** Something that must be put right before anything starts; told once, however often it is come across. */
  wrong(at: string, message: string): void {
    const shown = maskUrl(message);
    if (this.#mistakes.some((mistake) => mistake.at === at && mistake.message === shown)) return;
    this.#mistakes.push({ at, message: shown });
  }

  get notes(): Note[] {
    return [...this.#notes].map(([message, [at = "$", ...others]]) => ({
      at,
      message: others.length === 0 ? message : `${message} (the same goes for ${others.join(", ")})`,
    }));
  }

  /** Throws ConfigProblem with all mistakes, if there are any. */
  check(): void {
    if (this.#mistakes.length === 0) return;
    const message = this.#mistakes.map((mistake) => `${mistake.at}: ${mistake.message}`).join("\n");
    throw new ConfigProblem("config_invalid", message, { mistakes: this.#mistakes });
  }
}

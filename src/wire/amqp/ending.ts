import { Hearers } from "../../core/crowd.ts";
import type { Problem } from "../../core/problems.ts";

/**
 * The end of a connection or a channel, and why. An AbortSignal would do as well, in a kilobyte each: where a thousand
 * agents rest, signals were a fifth of their memory.
 */
export class Ending {
  readonly #hearers = new Hearers();
  #problem: Problem | undefined;

  /** Why it has ended; undefined before. */
  get problem(): Problem | undefined {
    return this.#problem;
  }

  /** It has ended. Only the first time counts. */
  come(problem: Problem): void {
    if (this.#problem) return;
    this.#problem = problem;
    this.#hearers.tell();
  }

  /** Calls `hear` when the end comes, or at once. @returns a function that stops listening */
  hear(hear: (problem: Problem) => void): () => void {
    if (!this.#problem) return this.#hearers.join(() => hear(this.#problem!));
    hear(this.#problem);
    return () => {};
  }

  /** The promise's value. Throws the Problem as soon as the end comes, as there may be no answer any more then. */
  before<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const forget = this.hear(reject);
      promise.finally(forget).then(resolve, reject);
    });
  }
}

/** How many problems are remembered of an agent. */
const KEPT = 50;

/** A problem that an agent met, and how often it was the same one. */
export interface Trouble {
  /** When it was last met, in milliseconds since 1970. */
  readonly at: number;
  readonly part: string;
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
  readonly count: number;
}

/** The newest problems of an agent. One that comes again is counted, and counts as new. */
export class Troubles {
  /** How many were met in all. */
  met = 0;
  #newest: Trouble[] = [];

  /** The newest first. */
  get list(): readonly Trouble[] {
    return this.#newest;
  }

  note(part: string, problem: { code: string; message: string; remedy?: string }): void {
    const { code, message, remedy } = problem;
    const same = (each: Trouble) => each.part === part && each.code === code && each.message === message;
    const before = this.#newest.find(same);
    const others = this.#newest.filter((each) => each !== before);
    const count = (before?.count ?? 0) + 1;
    const trouble = { at: Date.now(), part, code, message, ...(remedy !== undefined && { remedy }), count };
    this.#newest = [trouble, ...others].slice(0, KEPT);
    this.met++;
  }
}

/** One state of a truth: version and data are one value and are saved as one. */
export interface Revision<D> {
  readonly version: string;
  readonly data: D;
  /** What changed since the revision before, for those who push; undefined means: anything may have. */
  readonly touched?: readonly string[];
}

/** Where a revision outlives the process. */
export interface Snapshot<D> {
  /**
   * @returns the saved revision, or undefined if there is none. Throws a Problem for one that cannot be trusted;
   * the next `load` does not meet it again.
   */
  load(): Promise<Revision<D> | undefined>;
  save(revision: Revision<D>): Promise<void>;
}

import type { AppendLog, LogRecord, Position } from "./append-log.ts";

/** Reads a log once from a position on, while others may want to be alone with it. */
export class Reading {
  readonly #log: AppendLog;
  #at: Position;
  #last: Promise<unknown> = Promise.resolve();

  constructor(log: AppendLog, at: Position) {
    this.#log = log;
    this.#at = at;
  }

  /** Where it goes on. */
  get at(): Position {
    return this.#at;
  }

  /** The next record; undefined at the end of what was written. */
  next(): Promise<LogRecord | undefined> {
    return this.alone(async () => {
      const record = await this.#log.read(this.#at);
      if (record) this.#at = record.next;
      return record;
    });
  }

  /** The record at a position that was read before; undefined if it is gone. */
  once(at: Position): Promise<LogRecord | undefined> {
    return this.alone(async () => {
      const record = await this.#log.read(at);
      const same = record?.at.segment === at.segment && record.at.offset === at.offset;
      return same ? record : undefined;
    });
  }

  /** Runs something while nobody reads. */
  alone<R>(run: () => Promise<R>): Promise<R> {
    const turn = this.#last.then(run);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

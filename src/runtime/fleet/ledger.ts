import { LinkProblem, messageOf } from "../../core/problems.ts";
import { AppendLog, type Position } from "../../wire/append-log.ts";
import type { FleetRecord } from "./record.ts";

/** A file of the ledger is followed by a new one at this size, in bytes. */
const SEGMENT = 256 * 1024;
/** The ledger is written anew when it is twice as large as that took, and this much more, in bytes. */
const SLACK = 1024 * 1024;

export interface LedgerOptions {
  readonly folder: string;
  /** Everything that is to be kept, when the ledger is written anew. */
  readonly whole: () => Iterable<FleetRecord>;
  /** The disk does not take it, or takes it again. */
  readonly told: (problem: LinkProblem | undefined) => void;
}

/**
 * What is known of a fleet, on disk: news are appended as they come, and what a `kill -9` leaves is sound up to the
 * last record. Old records are let go by writing everything anew, of which the book says how much that is.
 */
export class Ledger {
  readonly #options: LedgerOptions;
  readonly #log: AppendLog;
  #base: number;
  #writing: Promise<void> = Promise.resolve();
  #renewing = false;
  /** Something could not be written: only writing all of it anew makes the ledger true again. */
  #torn = false;

  private constructor(options: LedgerOptions, log: AppendLog) {
    this.#options = options;
    this.#log = log;
    this.#base = log.bytes;
  }

  /** Opens it and tells what stands in it. Throws LinkProblem. */
  static async open(options: LedgerOptions, restore: (record: FleetRecord) => void): Promise<Ledger> {
    try {
      const log = await AppendLog.open(options.folder, { segmentBytes: SEGMENT, grown: () => {} });
      for (let at: Position | undefined = log.first; at; ) {
        const record = await log.read(at);
        at = record?.next;
        if (record) restore(JSON.parse(record.payload.toString("utf8")) as FleetRecord);
      }
      return new Ledger(options, log);
    } catch (error) {
      throw unwritable(error);
    }
  }

  /** Writes a record down. It is with the operating system soon; trouble is told, not thrown. */
  write(record: FleetRecord): void {
    const written = this.#append(record);
    this.#writing = Promise.all([this.#writing, written]).then(() => this.#keepSmall());
  }

  /** Resolves when what was given so far is with the operating system, or could not be written. */
  flushed(): Promise<void> {
    return this.#writing;
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#log.close();
  }

  async #append(record: FleetRecord): Promise<void> {
    try {
      await this.#log.append(Buffer.from(JSON.stringify(record)));
    } catch (error) {
      this.#torn = true;
      this.#options.told(unwritable(error));
    }
  }

  async #keepSmall(): Promise<void> {
    if (this.#renewing || (!this.#torn && this.#log.bytes < 2 * this.#base + SLACK)) return;
    this.#renewing = true;
    const wasTorn = this.#torn;
    try {
      await this.#renew();
      if (wasTorn) this.#options.told(undefined);
    } catch (error) {
      this.#torn = true;
      this.#options.told(unwritable(error));
    } finally {
      this.#renewing = false;
    }
  }

  /** Until the last of it is written, what stood before stays; whole records may come twice. */
  async #renew(): Promise<void> {
    await this.#log.roll();
    const start = { segment: this.#log.end.segment, offset: 0 };
    this.#torn = false;
    const records = [...this.#options.whole()].map((record) => Buffer.from(JSON.stringify(record)));
    await Promise.all(records.map((record) => this.#log.append(record)));
    await this.#log.dropBefore(start);
    this.#base = this.#log.bytes;
  }
}

function unwritable(error: unknown): LinkProblem {
  return new LinkProblem("state_unwritable", `cannot keep the history of the fleet: ${messageOf(error)}`, {
    cause: error,
  });
}

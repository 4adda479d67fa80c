import type { SpoolLimits } from "../core/agent.ts";
import type { AppendLog, Position } from "./append-log.ts";

export interface RoomOptions<T> extends Pick<SpoolLimits<T>, "bytes" | "keep" | "lost"> {
  readonly log: AppendLog;
  /** A segment is as large, in bytes. */
  readonly segmentBytes: number;
  /** Up to where the log is read; what lies before is out, or settled, and stays as it is. */
  readonly read: () => Position;
}

/**
 * Makes room in a log that has grown too large: first by what nobody insists on, oldest first, then by the oldest of
 * all. It works segment by segment; of the one that is being written, less than a quarter stays as it is.
 */
export class Room<T> {
  readonly #options: RoomOptions<T>;
  /** Segments in which there is nothing left that could go by itself. */
  readonly #sifted = new Set<number>();

  constructor(options: RoomOptions<T>) {
    this.#options = options;
  }

  /** Nobody may read the log meanwhile. @returns how many bytes went */
  async make(): Promise<number> {
    const { log, bytes, keep } = this.#options;
    let freed = 0;
    while (log.bytes > bytes) {
      const segment = keep && (await this.#unsifted());
      if (segment !== undefined) freed += await this.#sift(segment);
      else if (log.first.segment < log.end.segment) freed += await this.#dropOldest();
      else break;
    }
    return freed;
  }

  /** The oldest segment in which something may go by itself. */
  async #unsifted(): Promise<number | undefined> {
    const { log, segmentBytes } = this.#options;
    const first = this.#options.read().segment;
    const oldest = log.sealed.find((number) => number >= first && !this.#sifted.has(number));
    if (oldest !== undefined || log.end.offset < segmentBytes / 4) return oldest;
    const { segment } = log.end;
    await log.roll();
    return segment;
  }

  async #sift(segment: number): Promise<number> {
    this.#sifted.add(segment);
    try {
      return await this.#options.log.rewrite(this.#unread(segment), (payload) => this.#essence(payload));
    } catch {
      // A disk without room for another file: then the oldest have to go.
      return 0;
    }
  }

  async #dropOldest(): Promise<number> {
    const { log, lost } = this.#options;
    const { segment } = log.first;
    const before = log.bytes;
    if (lost) await this.#tell(this.#unread(segment));
    await log.dropBefore({ segment: segment + 1, offset: 0 });
    this.#sifted.delete(segment);
    return before - log.bytes;
  }

  /** Says what is lost with a segment. */
  async #tell(from: Position): Promise<void> {
    const { log, lost } = this.#options;
    for (let at = from; ; ) {
      const record = await log.read(at);
      if (record?.at.segment !== from.segment) return;
      lost?.(parsed(record.payload), undefined);
      at = record.next;
    }
  }

  /** Where what nobody has read begins in a segment. */
  #unread(segment: number): Position {
    const at = this.#options.read();
    if (at.segment < segment) return { segment, offset: 0 };
    return at.segment === segment ? at : { segment, offset: Number.POSITIVE_INFINITY };
  }

  #essence(payload: Buffer): Buffer | undefined {
    const { keep, lost } = this.#options;
    const value = parsed<T>(payload);
    const kept = keep!(value);
    if (kept === value) return payload;
    lost?.(value, kept);
    return kept === undefined ? undefined : Buffer.from(JSON.stringify(kept));
  }
}

function parsed<T>(payload: Buffer): T {
  return JSON.parse(payload.toString("utf8")) as T;
}

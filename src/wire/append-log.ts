import { type FileHandle, mkdir, open, readdir, stat, unlink } from "node:fs/promises";
import { rewritten } from "./rewritten.ts";
import { fileOf, frame, HEAD, type Segment, SegmentReader, soundLength } from "./segment.ts";

/** Where a record begins: which segment, and the byte within it. */
export interface Position {
  readonly segment: number;
  readonly offset: number;
}

export interface LogRecord {
  readonly at: Position;
  /** Where the next record begins. */
  readonly next: Position;
  readonly payload: Buffer;
}

export interface AppendLogOptions {
  /** A segment that reaches this size is followed by a new one. */
  readonly segmentBytes: number;
  /** Called after every write. */
  readonly grown: () => void;
  /** Called after a segment was removed, with how many bytes are left. */
  readonly shrunk?: (bytes: number) => void;
}

/** Records that will be written together. */
interface Pending {
  readonly chunks: Buffer[];
  readonly done: (() => void)[];
  readonly failed: ((error: unknown) => void)[];
}

/**
 * Records in a folder, appended to numbered segment files. What `append` has resolved is with the operating
 * system and survives the end of the process, `kill -9` included. A record that a crash cut short is dropped
 * when the log is opened; nothing after it can exist.
 */
export class AppendLog {
  readonly #folder: string;
  readonly #options: AppendLogOptions;
  readonly #segments: Segment[];
  readonly #reader: SegmentReader;
  #file: FileHandle;
  #pending: Pending | undefined;
  #writing: Promise<void> = Promise.resolve();

  private constructor(folder: string, options: AppendLogOptions, segments: Segment[], file: FileHandle) {
    this.#folder = folder;
    this.#options = options;
    this.#segments = segments;
    this.#reader = new SegmentReader(folder);
    this.#file = file;
  }

  static async open(folder: string, options: AppendLogOptions): Promise<AppendLog> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const numbers = (await readdir(folder)).flatMap((name) => /^(\d{10})\.log$/.exec(name)?.[1] ?? []).sort();
    const segments: Segment[] = [];
    for (const number of numbers.map(Number)) {
      segments.push({ number, size: (await stat(fileOf(folder, number))).size });
    }
    if (segments.length === 0) segments.push({ number: 1, size: 0 });
    const last = segments.at(-1)!;
    const file = await open(fileOf(folder, last.number), "a+", 0o600);
    last.size = await soundLength(file);
    await file.truncate(last.size);
    return new AppendLog(folder, options, segments, file);
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#segments.reduce((sum, { size }) => sum + size, 0);
  }

  get first(): Position {
    return { segment: this.#segments[0]!.number, offset: 0 };
  }

  /** The numbers of the segments that are no longer written, oldest first. */
  get sealed(): readonly number[] {
    return this.#segments.slice(0, -1).map(({ number }) => number);
  }

  /** Where the next record will be appended. */
  get end(): Position {
    const { number, size } = this.#segments.at(-1)!;
    return { segment: number, offset: size };
  }

  /** Resolves when the record is with the operating system. Records that come meanwhile are written together. */
  append(payload: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.#pending) {
        this.#pending = { chunks: [], done: [], failed: [] };
        this.#writing = this.#writing.then(() => this.#write());
      }
      this.#pending.chunks.push(...frame(payload));
      this.#pending.done.push(resolve);
      this.#pending.failed.push(reject);
    });
  }

  /**
   * The record at a position, or the first one after it if that is gone; undefined at the end of what was written.
   * What the disk has spoilt ends its segment: the next record is the first of the next one.
   */
  async read(at: Position): Promise<LogRecord | undefined> {
    const segment = this.#segments.find(({ number }) => number >= at.segment);
    if (!segment) return undefined;
    const offset = segment.number === at.segment ? at.offset : 0;
    const file = segment === this.#segments.at(-1) ? this.#file : undefined;
    const payload = offset < segment.size ? await this.#reader.record(segment, offset, file) : undefined;
    if (payload) {
      const next = { segment: segment.number, offset: offset + HEAD + payload.length };
      return { at: { segment: segment.number, offset }, next, payload };
    }
    // Asked only now, because segments may have come and gone while it was being read.
    const more = this.#segments.some(({ number }) => number > segment.number);
    return more ? this.read({ segment: segment.number + 1, offset: 0 }) : undefined;
  }

  /** Removes every segment that lies wholly before the position, except the one being written. */
  async dropBefore(position: Position): Promise<void> {
    const isBefore = ({ number, size }: Segment) =>
      number < position.segment || (number === position.segment && size <= position.offset);
    while (this.#segments.length > 1 && isBefore(this.#segments[0]!)) {
      const { number } = this.#segments.shift()!;
      await unlink(fileOf(this.#folder, number));
      this.#options.shrunk?.(this.bytes);
    }
  }

  /**
   * Puts in the place of each record of a sealed segment, from a record's begin on, what `change` makes of it; without
   * what it makes undefined of. All before stays where it is. Nobody may read in the segment meanwhile.
   * @returns how many bytes it takes less
   */
  async rewrite(at: Position, change: (payload: Buffer) => Buffer | undefined): Promise<number> {
    const segment = this.#segments.find(({ number }) => number === at.segment);
    if (!segment || segment === this.#segments.at(-1) || at.offset >= segment.size) return 0;
    const before = segment.size;
    segment.size = await rewritten(this.#folder, segment, at.offset, change);
    this.#reader.forget(segment);
    if (segment.size === 0) {
      this.#segments.splice(this.#segments.indexOf(segment), 1);
      await unlink(fileOf(this.#folder, segment.number));
    }
    return before - segment.size;
  }

  /** Goes on in a new segment, so that the one before can be removed. Throws what opening throws. */
  roll(): Promise<void> {
    const rolling = this.#writing.then(async () => {
      if (this.end.offset > 0) await this.#roll(this.end.segment + 1);
    });
    this.#writing = rolling.catch(() => {});
    return rolling;
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }

  async #write(): Promise<void> {
    const { chunks, done, failed } = this.#pending!;
    this.#pending = undefined;
    try {
      await this.#writeNow(Buffer.concat(chunks));
      for (const resolve of done) resolve();
    } catch (error) {
      for (const reject of failed) reject(error);
    }
    this.#options.grown();
  }

  async #writeNow(bytes: Buffer): Promise<void> {
    if (this.end.offset >= this.#options.segmentBytes) await this.#roll(this.end.segment + 1);
    const last = this.#segments.at(-1)!;
    try {
      await this.#file.appendFile(bytes);
    } catch (error) {
      // A record that is only half there must not stand before later ones.
      await this.#file.truncate(last.size).catch(() => {});
      throw error;
    }
    last.size += bytes.length;
  }

  async #roll(number: number): Promise<void> {
    const before = this.#file;
    this.#file = await open(fileOf(this.#folder, number), "a+", 0o600);
    this.#segments.push({ number, size: 0 });
    await before.close();
  }
}

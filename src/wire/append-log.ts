import { type FileHandle, mkdir, open, readdir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";

/** Length and checksum before each record. */
const HEAD = 8;
/** How many bytes are read at once. */
const AHEAD = 256 * 1024;

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
}

interface Segment {
  readonly number: number;
  size: number;
}

/**
 * Records in a folder, appended to numbered segment files. What `append` has resolved is with the operating
 * system and survives the end of the process, `kill -9` included. A record that a crash cut short is dropped
 * when the log is opened; nothing after it can exist.
 */
export class AppendLog {
  readonly #folder: string;
  readonly #segmentBytes: number;
  readonly #segments: Segment[];
  #file: FileHandle;
  #pending: { chunks: Buffer[]; done: (() => void)[]; failed: ((error: unknown) => void)[] } | undefined;
  #writing: Promise<void> = Promise.resolve();
  /** What was read ahead: records are small, and reading them one by one would be slow. */
  #ahead: { readonly at: Position; readonly bytes: Buffer } | undefined;
  readonly #grown: () => void;

  private constructor(folder: string, options: AppendLogOptions, segments: Segment[], file: FileHandle) {
    this.#folder = folder;
    this.#segmentBytes = options.segmentBytes;
    this.#grown = options.grown;
    this.#segments = segments;
    this.#file = file;
  }

  static async open(folder: string, options: AppendLogOptions): Promise<AppendLog> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const numbers = (await readdir(folder)).flatMap((name) => /^(\d{10})\.log$/.exec(name)?.[1] ?? []).sort();
    const segments: Segment[] = [];
    for (const number of numbers) {
      segments.push({ number: Number(number), size: (await stat(fileOf(folder, Number(number)))).size });
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

  /** Resolves when the record is with the operating system. Records that come meanwhile are written together. */
  append(payload: Buffer): Promise<void> {
    const head = Buffer.allocUnsafe(HEAD);
    head.writeUInt32LE(payload.length, 0);
    head.writeUInt32LE(crc32(payload), 4);
    return new Promise((resolve, reject) => {
      if (!this.#pending) {
        this.#pending = { chunks: [], done: [], failed: [] };
        this.#writing = this.#writing.then(() => this.#write());
      }
      this.#pending.chunks.push(head, payload);
      this.#pending.done.push(resolve);
      this.#pending.failed.push(reject);
    });
  }

  /** The record at a position, or undefined at the end of what was written. */
  async read(at: Position): Promise<LogRecord | undefined> {
    const index = this.#segments.findIndex(({ number }) => number >= at.segment);
    const segment = this.#segments[index];
    if (!segment) return undefined;
    const offset = segment.number === at.segment ? at.offset : 0;
    if (offset >= segment.size) {
      const following = this.#segments[index + 1];
      return following && this.read({ segment: following.number, offset: 0 });
    }
    const payload = await this.#payload(segment, offset);
    const next = { segment: segment.number, offset: offset + HEAD + payload.length };
    return { at: { segment: segment.number, offset }, next, payload };
  }

  /** Removes every segment that lies wholly before the position, except the one being written. */
  async dropBefore(position: Position): Promise<void> {
    while (this.#segments.length > 1 && this.#segments[0]!.number < position.segment) {
      const { number } = this.#segments.shift()!;
      await unlink(fileOf(this.#folder, number));
    }
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }

  async #write(): Promise<void> {
    const { chunks, done, failed } = this.#pending!;
    this.#pending = undefined;
    const last = this.#segments.at(-1)!;
    const bytes = Buffer.concat(chunks);
    try {
      await this.#file.appendFile(bytes);
      last.size += bytes.length;
      if (last.size >= this.#segmentBytes) await this.#roll(last.number + 1);
      for (const resolve of done) resolve();
    } catch (error) {
      // A record that is only half there must not stand before later ones.
      await this.#file.truncate(last.size).catch(() => {});
      for (const reject of failed) reject(error);
    }
    this.#grown();
  }

  async #roll(number: number): Promise<void> {
    const file = await open(fileOf(this.#folder, number), "a+", 0o600);
    await this.#file.close();
    this.#file = file;
    this.#segments.push({ number, size: 0 });
  }

  async #payload(segment: Segment, offset: number): Promise<Buffer> {
    const head = await this.#bytes(segment, offset, HEAD);
    return this.#bytes(segment, offset + HEAD, head.readUInt32LE(0));
  }

  async #bytes(segment: Segment, offset: number, length: number): Promise<Buffer> {
    const ahead = this.#ahead;
    const start = offset - (ahead?.at.offset ?? 0);
    if (ahead?.at.segment === segment.number && start >= 0 && start + length <= ahead.bytes.length) {
      return ahead.bytes.subarray(start, start + length);
    }
    const bytes = await this.#read(segment, offset, Math.max(length, Math.min(AHEAD, segment.size - offset)));
    if (bytes.length < length) throw new Error("a spool segment is shorter than it was");
    this.#ahead = { at: { segment: segment.number, offset }, bytes };
    return bytes.subarray(0, length);
  }

  async #read(segment: Segment, offset: number, length: number): Promise<Buffer> {
    const current = segment === this.#segments.at(-1);
    const file = current ? this.#file : await open(fileOf(this.#folder, segment.number), "r");
    try {
      const buffer = Buffer.allocUnsafe(length);
      const { bytesRead } = await file.read(buffer, 0, length, offset);
      return buffer.subarray(0, bytesRead);
    } finally {
      if (!current) await file.close();
    }
  }
}

/** How far a segment holds whole records. */
async function soundLength(file: FileHandle): Promise<number> {
  const bytes = await file.readFile();
  let at = 0;
  while (at + HEAD <= bytes.length) {
    const end = at + HEAD + bytes.readUInt32LE(at);
    if (end > bytes.length || crc32(bytes.subarray(at + HEAD, end)) !== bytes.readUInt32LE(at + 4)) break;
    at = end;
  }
  return at;
}

function fileOf(folder: string, number: number): string {
  return join(folder, `${String(number).padStart(10, "0")}.log`);
}

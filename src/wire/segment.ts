import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { errnoOf } from "../core/problems.ts";

/** Length and checksum before each record. */
export const HEAD = 8;
/** How many bytes are read at once. */
const AHEAD = 256 * 1024;

/** One file of an append log. */
export interface Segment {
  readonly number: number;
  /** How far it holds whole records, in bytes. */
  size: number;
}

export function fileOf(folder: string, number: number): string {
  return join(folder, `${String(number).padStart(10, "0")}.log`);
}

/** A record as it lies on disk. */
export function frame(payload: Buffer): [head: Buffer, payload: Buffer] {
  const head = Buffer.allocUnsafe(HEAD);
  head.writeUInt32LE(payload.length, 0);
  head.writeUInt32LE(crc32(payload), 4);
  return [head, payload];
}

/** How far a file holds whole records, in bytes. */
export async function soundLength(file: FileHandle): Promise<number> {
  const bytes = await file.readFile();
  let at = 0;
  while (at + HEAD <= bytes.length) {
    const length = bytes.readUInt32LE(at);
    const end = at + HEAD + length;
    // Nothing is a sound record of zeros: that is what a power cut leaves of a file that was growing.
    if (length === 0 || end > bytes.length) break;
    if (crc32(bytes.subarray(at + HEAD, end)) !== bytes.readUInt32LE(at + 4)) break;
    at = end;
  }
  return at;
}

/** Reads records, and what follows them ahead: they are small, and reading them one by one would be slow. */
export class SegmentReader {
  readonly #folder: string;
  #ahead: { readonly segment: number; readonly offset: number; readonly bytes: Buffer } | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * The record at an offset; undefined for one that is not sound, or whose segment is gone.
   * @param file the segment's file, where it is open
   */
  async record(segment: Segment, offset: number, file?: FileHandle): Promise<Buffer | undefined> {
    const head = await this.#bytes(segment, offset, HEAD, file);
    if (!head) return undefined;
    const length = head.readUInt32LE(0);
    const sum = head.readUInt32LE(4);
    if (length === 0 || offset + HEAD + length > segment.size) return undefined;
    const payload = await this.#bytes(segment, offset + HEAD, length, file);
    return payload && crc32(payload) === sum ? payload : undefined;
  }

  /** What was read ahead of this segment is no longer what stands there. */
  forget({ number }: Segment): void {
    if (this.#ahead?.segment === number) this.#ahead = undefined;
  }

  async #bytes(
    segment: Segment,
    offset: number,
    length: number,
    file?: FileHandle,
  ): Promise<Buffer | undefined> {
    const ahead = this.#ahead;
    const start = offset - (ahead?.offset ?? 0);
    if (ahead?.segment === segment.number && start >= 0 && start + length <= ahead.bytes.length) {
      return ahead.bytes.subarray(start, start + length);
    }
    const most = Math.max(length, Math.min(AHEAD, segment.size - offset));
    const bytes = file ? await readFrom(file, offset, most) : await this.#readFile(segment, offset, most);
    if (!bytes || bytes.length < length) return undefined;
    this.#ahead = { segment: segment.number, offset, bytes };
    return bytes.subarray(0, length);
  }

  async #readFile({ number }: Segment, offset: number, length: number): Promise<Buffer | undefined> {
    try {
      const file = await open(fileOf(this.#folder, number), "r");
      return await readFrom(file, offset, length).finally(() => file.close());
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return undefined;
      throw error;
    }
  }
}

async function readFrom(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  const { bytesRead } = await file.read(buffer, 0, length, offset);
  return buffer.subarray(0, bytesRead);
}

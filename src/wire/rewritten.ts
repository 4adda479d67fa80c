import { type FileHandle, open, rename } from "node:fs/promises";
import { join } from "node:path";
import { fileOf, frame, HEAD, type Segment, SegmentReader } from "./segment.ts";

/** How much is gathered before it is written, in bytes. */
const GATHERED = 256 * 1024;

/**
 * Writes a segment anew, and puts it in the place of the old one at once: whoever crashes meanwhile has the one or the
 * other. What the disk has spoilt ends it, as it ends reading.
 * @param from up to here it stays as it is, in bytes
 * @param change what is to stand there in place of a record; undefined for nothing
 * @returns its new size, in bytes
 */
export async function rewritten(
  folder: string,
  segment: Segment,
  from: number,
  change: (payload: Buffer) => Buffer | undefined,
): Promise<number> {
  const path = join(folder, "rewritten");
  const file = await open(path, "w", 0o600);
  try {
    await copied(file, fileOf(folder, segment.number), from);
    const size = await filtered(file, folder, segment, from, change);
    await file.sync();
    await rename(path, fileOf(folder, segment.number));
    return size;
  } finally {
    await file.close();
  }
}

/** The begin of a file, to the letter. */
async function copied(to: FileHandle, path: string, bytes: number): Promise<void> {
  const source = await open(path, "r");
  try {
    for (let done = 0; done < bytes; ) {
      const buffer = Buffer.allocUnsafe(Math.min(GATHERED, bytes - done));
      const { bytesRead } = await source.read(buffer, 0, buffer.length, done);
      if (bytesRead === 0) throw new Error(`${path} is shorter than it was`);
      await to.appendFile(buffer.subarray(0, bytesRead));
      done += bytesRead;
    }
  } finally {
    await source.close();
  }
}

async function filtered(
  to: FileHandle,
  folder: string,
  segment: Segment,
  from: number,
  change: (payload: Buffer) => Buffer | undefined,
): Promise<number> {
  const reader = new SegmentReader(folder);
  let gathered: Buffer[] = [];
  let [size, waiting] = [from, 0];
  for (let offset = from; ; ) {
    const payload = await reader.record(segment, offset);
    const kept = payload && change(payload);
    if (payload) offset += HEAD + payload.length;
    if (kept) {
      gathered.push(...frame(kept));
      waiting += HEAD + kept.length;
    }
    if (waiting >= GATHERED || !payload) {
      await to.appendFile(Buffer.concat(gathered));
      size += waiting;
      [gathered, waiting] = [[], 0];
    }
    if (!payload) return size;
  }
}

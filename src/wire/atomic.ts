import type { Stats } from "node:fs";
import { type FileHandle, mkdir, open, readdir, realpath, rename, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errnoOf } from "../core/problems.ts";

/** How much is gathered before it is written, in characters. */
const CHUNK = 1 << 20;

/** Distinguishes the temporary files of this process. */
let written = 0;

/**
 * Writes a file so that a reader, or a crash at any moment, sees the old content or the new, never a mixture:
 * temporary file beside it, fsync, rename, fsync of the folder. Missing folders are made. Of several that write the
 * same file at once, the last one wins wholly. `mode` is for a new file; the default keeps what may be private to its
 * owner.
 */
export async function writeAtomically(path: string, pieces: Iterable<string>, mode = 0o600): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await viaTemporary(path, mode, (file) => writeAll(file, pieces));
  await syncFolder(dirname(path));
}

/** Fills a temporary file beside the path and puts it in its place; where that fails, nothing is left behind. */
async function viaTemporary(
  path: string,
  mode: number,
  fill: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.${process.pid}-${++written}.tmp`;
  const file = await open(temporary, "w", mode);
  try {
    await fill(file);
    await file.sync();
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  } finally {
    await file.close();
  }
}

/** Removes, below a folder that is ours alone, the temporary files that a crash has left. */
export async function sweepTemporary(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true });
  const left = entries.filter((name) => /\.\d+-\d+\.tmp$/.test(name));
  await Promise.all(left.map((name) => unlink(join(folder, name)).catch(() => {})));
}

/** Writes in chunks, so that the event loop turns while a large file is laid down. */
async function writeAll(file: FileHandle, pieces: Iterable<string>): Promise<void> {
  let text = "";
  for (const piece of pieces) {
    text += piece;
    if (text.length < CHUNK) continue;
    await file.writeFile(text);
    text = "";
  }
  await file.writeFile(text);
}

/**
 * Replaces the content of a file that is not ours alone: keeps its permissions and owner, and follows a symbolic
 * link. Where the folder does not let us make files, and for what is no regular file, it writes in place.
 * A new file gets 0o644 less the umask.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const before = await stat(target).catch(() => undefined);
  if (before && !before.isFile()) return overwrite(target, text);
  try {
    await viaTemporary(target, before?.mode ?? 0o644, async (file) => {
      await file.writeFile(text);
      if (before) await keepLooks(file, before);
    });
  } catch (error) {
    if (!before || !["EACCES", "EPERM", "EROFS", "EBUSY"].includes(errnoOf(error) ?? "")) throw error;
    await overwrite(target, text);
  }
}

async function keepLooks(file: FileHandle, before: Stats): Promise<void> {
  await file.chmod(before.mode & 0o7777);
  // Only root may give a file away; for anybody else the new file has the right owner already, or cannot have it.
  if (process.getuid?.() === 0) await file.chown(before.uid, before.gid);
}

/**
 * One write over the whole of the old content, blanks where it was longer, and only then the cut. So the file is
 * never empty, and text that may end in blanks (JSON, say) is whole at every moment.
 */
async function overwrite(path: string, text: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    const bytes = Buffer.from(text);
    const { size } = await file.stat();
    const blanks = Buffer.alloc(Math.max(0, size - bytes.length), " ");
    await file.write(Buffer.concat([bytes, blanks]), 0, undefined, 0);
    if (blanks.length > 0) await file.truncate(bytes.length);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes a rename survive a power cut. Some file systems cannot sync folders; then nothing is lost but that. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, "r");
    await folder.sync().finally(() => folder.close());
  } catch {
    // Not supported here.
  }
}

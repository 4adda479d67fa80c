import { existsSync, readdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { soundLength } from "../../src/wire/segment.ts";

/** Whether a whole record that holds the text is on disk, in one of the spools of a state directory. */
export async function isSpooled(stateDir: string, text: string): Promise<boolean> {
  const spools = join(stateDir, "spools");
  if (!existsSync(spools)) return false;
  const logs = readdirSync(spools, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".log"),
  );
  for (const log of logs) if ((await soundPart(join(spools, log))).includes(text)) return true;
  return false;
}

async function soundPart(path: string): Promise<Buffer> {
  const file = await open(path, "r");
  try {
    const bytes = Buffer.alloc(await soundLength(file));
    await file.read(bytes, 0, bytes.length, 0);
    return bytes;
  } finally {
    await file.close();
  }
}

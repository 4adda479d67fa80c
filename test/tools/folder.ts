import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Tidy } from "./tidy.ts";

/** A fresh folder that is removed in the end. */
export async function folder(tidy: Tidy): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "outrider-test-"));
  tidy.later(() => rm(path, { recursive: true, force: true }));
  return path;
}

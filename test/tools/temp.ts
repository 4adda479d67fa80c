import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A fresh folder that goes with the test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "outrider-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

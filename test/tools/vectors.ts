import { readFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.env["OUTRIDER_VECTORS"] ?? join(import.meta.dirname, "..", "vectors");

/** A file of recorded vectors. `OUTRIDER_VECTORS` names another folder with files of the same form. */
export function vectors<T>(file: string): T {
  return JSON.parse(readFileSync(join(folder, file), "utf8")) as T;
}

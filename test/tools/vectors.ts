import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const own = fileURLToPath(new URL("../vectors", import.meta.url));

/** Recorded inputs and outputs of the real programs. `OUTRIDER_VECTORS` names another folder with files of the same shape. */
export function vectors<T>(file: string): T {
  return JSON.parse(readFileSync(join(process.env["OUTRIDER_VECTORS"] ?? own, file), "utf8")) as T;
}

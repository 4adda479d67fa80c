import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { folder } from "./folder.ts";
import type { Tidy } from "./tidy.ts";

/** A file in a folder of its own, that changes, and that can be taken away. @param text what it holds the nth time */
export async function changingFile(tidy: Tidy, text: (number: number) => string) {
  const at = await folder(tidy);
  const path = join(at, "file");
  let number = 0;
  const change = () => writeFileSync(path, text(++number));
  change();
  return {
    folder: at,
    path,
    change,
    break: () => renameSync(path, `${path}.away`),
    mend: () => renameSync(`${path}.away`, path),
  };
}

/** A file that gets more and more lines. */
export async function growingFile(tidy: Tidy) {
  const given = await changingFile(tidy, () => "");
  let number = 0;
  const put = (count: number) => {
    const values = Array.from({ length: count }, () => `line ${++number}`);
    writeFileSync(given.path, values.map((value) => `${value}\n`).join(""), { flag: "a" });
    return values;
  };
  return { ...given, put, change: () => void put(1) };
}

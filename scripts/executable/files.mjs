import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** The folders of the package that the running Outrider reads files from, besides its code. */
const FOLDERS = ["examples/demo", "dist/demo", "dist/ui"];

/** Paths in the package of all files that the running Outrider reads. */
export function packageFiles(root) {
  const within = (folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
      .filter((path) => statSync(join(root, path)).isFile());
  return [
    "package.json",
    ...FOLDERS.filter((folder) => existsSync(join(root, folder))).flatMap(within),
  ].sort();
}

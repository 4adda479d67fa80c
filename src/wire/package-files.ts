import { readdirSync, readFileSync } from "node:fs";
import { getAsset, getRawAsset, isSea } from "node:sea";

/** What the single-file executable calls the list of the files that it carries: paths in the package, as JSON. */
const LIST = "files.json";

/**
 * A file that comes with Outrider, by its path in the package: read from the package's folder, or from inside the
 * single-file executable. Throws if there is none.
 */
export function packageFile(path: string): Buffer {
  return isSea() ? Buffer.from(getRawAsset(path) as ArrayBuffer) : readFileSync(inPackage(path));
}

/** The paths of the files right in a folder of the package. Throws if there is no such folder. */
export function packageFolder(folder: string): string[] {
  if (isSea()) return carried().filter((path) => path.slice(0, path.lastIndexOf("/")) === folder);
  return readdirSync(inPackage(`${folder}/`), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => `${folder}/${name}`);
}

function carried(): string[] {
  return JSON.parse(getAsset(LIST, "utf8")) as string[];
}

/** Asked for late, since there is no such address inside the executable. */
function inPackage(path: string): URL {
  return new URL(`../../${path}`, import.meta.url);
}

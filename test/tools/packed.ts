import { execFile } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { folder } from "./folder.ts";
import type { Tidy } from "./tidy.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const run = promisify(execFile);

/** What a package is not made from. */
const LEFT_OUT = new Set([".git", ".cache", "node_modules", "dist", "build", "coverage", "test", "bench"]);

export interface Packed {
  /** The tarball that `npm publish` would send. */
  readonly tarball: string;
  /** Paths in it. */
  readonly files: readonly string[];
}

/** A copy of what a clone has, without a build, and with the packages of this one. */
export async function copyOfTree(tidy: Tidy): Promise<string> {
  const path = await folder(tidy);
  for (const name of readdirSync(ROOT)) {
    if (!LEFT_OUT.has(name)) cpSync(join(ROOT, name), join(path, name), { recursive: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(path, "node_modules"));
  return path;
}

/** Packs a copy of the tree as `npm publish` would, the build before it included. */
export async function pack(tidy: Tidy): Promise<Packed> {
  const path = await copyOfTree(tidy);
  const { stdout } = await run("npm", ["pack", "--json"], { cwd: path, maxBuffer: 10_000_000 });
  const [told] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
  return { tarball: join(path, told.filename), files: told.files.map((file) => file.path) };
}

/**
 * A folder in which the tarball is installed, as npm lays it out, without asking a registry: the package itself is
 * unpacked, and what it depends on by its own word is linked from ours. What it needs and does not name is not there.
 */
export async function install(tidy: Tidy, { tarball }: Packed): Promise<string> {
  const path = await folder(tidy);
  const home = join(path, "node_modules", "outrider");
  mkdirSync(home, { recursive: true });
  await run("tar", ["-xzf", tarball, "-C", home, "--strip-components=1"]);
  const { dependencies, bin } = JSON.parse(readFileSync(join(home, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
    bin: Record<string, string>;
  };
  link(path, Object.keys(dependencies));
  mkdirSync(join(path, "node_modules", ".bin"));
  for (const [name, file] of Object.entries(bin)) {
    chmodSync(join(home, file), 0o755);
    symlinkSync(join("..", "outrider", file), join(path, "node_modules", ".bin", name));
  }
  return path;
}

/** Links packages of ours into a folder's `node_modules`. */
export function link(path: string, names: readonly string[]): void {
  for (const name of names) {
    const target = join(path, "node_modules", name);
    mkdirSync(dirname(target), { recursive: true });
    if (!existsSync(target)) symlinkSync(join(ROOT, "node_modules", name), target);
  }
}

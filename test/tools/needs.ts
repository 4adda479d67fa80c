import { execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { describe } from "vitest";

/**
 * `describe` for tests that need a program, looked up in the search path. Where it is missing, they are skipped
 * with a warning; with `CI=true` that is a failure, so that no pipeline is green because it tested nothing.
 */
export function describeWith(program: string): typeof describe | typeof describe.skip {
  return describeIf(find(program) !== undefined, `${program} is not installed`);
}

/** `describe` where something is given; see `describeWith`. */
export function describeIf(given: boolean, why: string): typeof describe | typeof describe.skip {
  if (given) return describe;
  if (process.env["CI"] === "true") throw new Error(why);
  console.warn(`SKIPPED: ${why}, tests that need it do not run`);
  return describe.skip;
}

/** The program's path, or undefined if it is not installed. */
export function find(program: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/usr/local/sbin"];
  return folders.map((folder) => `${folder}/${program}`).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * For tests of missing permissions: root is bound by them like anybody else. Not as another user, who could not even
 * read a package that lies in root's own folder. Nothing to change where the tests run as a plain user.
 */
export const unprivileged: { readonly shell?: string } =
  process.getuid?.() === 0
    ? { shell: 'exec setpriv --bounding-set=-dac_override,-dac_read_search,-fowner,-chown "$@"' }
    : {};

/** Whether a file system may be mounted here, in a namespace of its own, so that a disk can be full. */
export function mayMount(): boolean {
  try {
    execFileSync("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

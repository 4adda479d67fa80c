import { execFileSync } from "node:child_process";
import { join } from "node:path";

/**
 * A shell command after which a program has a disk of its own at a place, so large and no larger (`256k`). The mount
 * lives in the program's own namespace, and ends with it.
 */
export function onSmallDisk(place: string, size: string): string {
  const script = `mount -t tmpfs -o size=${size} tmpfs ${place}; exec "$@"`;
  return `exec unshare --mount sh -c '${script.replaceAll("'", `'"'"'`)}' sh "$@"`;
}

/** Leaves not a byte free: it all goes into a file `rest`. */
export function fill(disk: string): void {
  try {
    execFileSync("sh", ["-c", `cat /dev/zero > ${join(disk, "rest")}`], { stdio: "ignore" });
  } catch {
    // That is how it ends.
  }
}

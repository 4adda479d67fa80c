import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Builds the package once, so that every test that starts a process starts what users start. */
export default function setup(): void {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const tsc = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));
  execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
}

import { execFileSync } from "node:child_process";

/** Before any test: child processes run what was built, so that has to be what stands in `src`. */
export default function build(): void {
  execFileSync(process.execPath, ["scripts/setup.mjs"], { stdio: "inherit" });
}

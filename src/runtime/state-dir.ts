import { homedir } from "node:os";
import { join } from "node:path";

/** Where what outlives the process is kept unless `state.dir` says otherwise. */
export function defaultStateDir(env: Readonly<Record<string, string | undefined>>): string {
  // systemd makes and names a folder for `StateDirectory=`.
  if (env["STATE_DIRECTORY"]) return env["STATE_DIRECTORY"].split(":")[0]!;
  if (process.getuid?.() === 0) return "/var/lib/outrider";
  return join(env["XDG_STATE_HOME"] || join(homedir(), ".local", "state"), "outrider");
}

import type { Config } from "../config/load.ts";
import { revealed } from "../core/secret.ts";

/** What of a new configuration is heeded only by a new process. */
export function restartsFor(before: Config, after: Config): string[] {
  const heads = (["admin", "state"] as const).filter((key) => differ(before[key], after[key]));
  return doorOf(before) === doorOf(after) ? heads : [...heads, "fleet"];
}

/** The address of the fleet's own door, if it has one. */
function doorOf({ fleet }: Config): string | undefined {
  return typeof fleet?.listen === "string" ? fleet.listen : undefined;
}

function differ(one: unknown, other: unknown): boolean {
  return JSON.stringify(revealed(one)) !== JSON.stringify(revealed(other));
}

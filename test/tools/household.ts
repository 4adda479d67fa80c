import { join } from "node:path";
import { alone, type Host } from "../../src/core/agent.ts";
import { Health } from "../../src/core/health.ts";
import { silent } from "../../src/core/log.ts";
import { hostOf } from "../../src/runtime/host.ts";
import { ProcessMetrics } from "../../src/runtime/metrics.ts";
import { House } from "../../src/wire/doors.ts";
import { folder } from "./folder.ts";
import type { Tidy } from "./tidy.ts";

/** A folder, and what a process would give to agents of a kind, with their state in that folder. */
export interface TestHousehold {
  readonly folder: string;
  host(name: string): Host;
  close(): Promise<void>;
}

export async function household(tidy: Tidy, kind: string): Promise<TestHousehold> {
  const path = await folder(tidy);
  const house = new House();
  const shared = {
    log: silent,
    metrics: new ProcessMetrics(),
    house,
    neighbours: alone,
    stateDir: join(path, "state"),
  };
  return {
    folder: path,
    host: (name) => hostOf(shared, name, kind, new Health()),
    close: () => house.close(AbortSignal.abort()),
  };
}

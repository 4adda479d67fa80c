import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { alone, type Host } from "../../src/core/agent.ts";
import { Health } from "../../src/core/health.ts";
import { silent } from "../../src/core/log.ts";
import { hostOf } from "../../src/runtime/host.ts";
import { ProcessMetrics } from "../../src/runtime/metrics.ts";
import { House } from "../../src/wire/doors.ts";

/** A folder, and what a process would give to agents of a kind, with their state in that folder. */
export interface TestHousehold {
  readonly folder: string;
  host(name: string): Host;
  close(): Promise<void>;
}

export async function household(kind: string): Promise<TestHousehold> {
  const folder = await mkdtemp(join(tmpdir(), "outrider-"));
  const house = new House();
  const shared = {
    log: silent,
    metrics: new ProcessMetrics(),
    house,
    neighbours: alone,
    stateDir: join(folder, "state"),
  };
  return {
    folder,
    host: (name) => hostOf(shared, name, kind, new Health()),
    close: async () => {
      await house.close(AbortSignal.abort());
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

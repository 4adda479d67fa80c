import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folder } from "../../test/tools/folder.ts";
import { serve } from "../../test/tools/ports.ts";
import { silentClient } from "../../test/tools/tcp.ts";
import { Tidy } from "../../test/tools/tidy.ts";
import { connectionsGauge, cpuGauge, loadGauge, loopGauge, memoryGauge, pressureGauge } from "./load.ts";

const tidy = new Tidy();

/** A folder that looks like that of a cgroup, version 2. */
async function cgroup(files: Record<string, string>): Promise<string> {
  const path = await folder(tidy);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

describe("within a cgroup", () => {
  test("memory is what cannot be dropped, against the cgroup's limit", async () => {
    const path = await cgroup({
      "memory.max": "1000\n",
      "memory.current": "900\n",
      "memory.stat": "anon 300\ninactive_file 400\n",
    });
    expect(await memoryGauge(path)()).toBe(0.5);
  });

  test("without a limit it is the machine's", async () => {
    const share = await memoryGauge(await cgroup({ "memory.max": "max\n" }))();
    expect(share).toBeGreaterThan(0);
    expect(share).toBeLessThan(1);
  });

  test("CPU time is measured against the quota, from the first call on", async () => {
    const path = await cgroup({ "cpu.max": "50000 100000\n", "cpu.stat": "usage_usec 1000000\n" });
    const gauge = cpuGauge(path);
    const measuring = gauge();
    await new Promise((resolve) => setTimeout(resolve, 50));
    // 50 ms of CPU time in about 200 ms, of which half may be used.
    writeFileSync(join(path, "cpu.stat"), "usage_usec 1050000\n");
    const share = await measuring;
    expect(share).toBeGreaterThan(0.1);
    expect(share).toBeLessThanOrEqual(0.51);
  });
});

describe("on the machine", () => {
  test("CPUs, load and event loop are measured", async () => {
    const loop = loopGauge();
    for (const gauge of [cpuGauge(await cgroup({})), loadGauge(), loop]) {
      const value = await gauge();
      expect(Number.isFinite(value) && value >= 0).toBe(true);
    }
    loop.close();
  });

  test("a busy CPU shows", async () => {
    const gauge = cpuGauge(await cgroup({}));
    await gauge();
    const end = performance.now() + 200;
    while (performance.now() < end);
    expect(await gauge()).toBeGreaterThan(0.1);
  });

  test("pressure is a share, or an error where the system does not tell", async () => {
    const value = await pressureGauge()().catch((error: Error) => error.message);
    if (typeof value === "number") expect(value >= 0 && value <= 1).toBe(true);
    else expect(value).toBe("memory pressure cannot be measured here");
  });

  test("connections to a local port are counted, those of others are not", async () => {
    const port = await serve(tidy, () => {});
    const gauge = connectionsGauge(port);
    expect(await gauge()).toBe(0);
    const clients = await Promise.all([silentClient(port), silentClient(port)]);
    await expect.poll(gauge).toBe(2);
    for (const client of clients) client.destroy();
  });
});

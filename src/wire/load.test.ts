import { describe, expect, it } from "vitest";
import { serve } from "../../test/tools/ports.ts";
import { Tidy } from "../../test/tools/tidy.ts";
import { until } from "../../test/tools/until.ts";
import { connectionsGauge, cpuGauge, loadGauge, loopGauge, memoryGauge, pressureGauge } from "./load.ts";

const tidy = new Tidy();

/** Keeps this thread busy for so many milliseconds. */
function work(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

describe("gauges", () => {
  it("measure shares of what this process may use", async () => {
    const cpu = cpuGauge();
    await cpu();
    work(200);
    const busy = await cpu();
    expect(busy).toBeGreaterThan(0.05);
    expect(busy).toBeLessThan(1.5);
    const memory = await memoryGauge()();
    expect(memory).toBeGreaterThan(0);
    expect(memory).toBeLessThan(1);
    expect(await loadGauge()()).toBeGreaterThanOrEqual(0);
  });

  it("either measure memory pressure or say that they cannot", async () => {
    const pressure = await pressureGauge()().catch((error: Error) => error.message);
    if (typeof pressure === "number") expect(pressure).toBeLessThanOrEqual(1);
    else expect(pressure).toContain("cannot be measured");
  });

  it("measure how late the event loop is, and end", async () => {
    const loop = loopGauge();
    await loop();
    for (let round = 0; round < 3; round++) {
      work(60);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await loop()).toBeGreaterThan(10);
    loop.close();
  });

  it("count connections to a local port", async () => {
    const { createConnection } = await import("node:net");
    const port = await serve(tidy, () => {});
    const gauge = connectionsGauge(port);
    expect(await gauge()).toBe(0);
    const sockets = [1, 2].map(() => createConnection(port, "127.0.0.1"));
    await until("both connections are counted", async () => (await gauge()) === 2);
    for (const socket of sockets) socket.destroy();
  });
});

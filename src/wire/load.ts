import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg } from "node:os";
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";

/** Measures one thing now. Throws an Error if it cannot be measured. */
export type Gauge = () => Promise<number>;

/** Everything that can be measured on this machine, as far as this process may use it: within its cgroup. */

/** How long the first measurement of the CPUs takes, in milliseconds: they are only known by what they did meanwhile. */
const FIRST_SPAN = 200;

/** Busy share of the CPUs since the last call, 0 to 1. The first call measures for a moment. */
export function cpuGauge(folder = cgroupFolder()): Gauge {
  let before: CpuTimes | undefined;
  return async () => {
    if (!before) {
      before = await cpuTimes(folder);
      await setTimeout(FIRST_SPAN);
    }
    const now = await cpuTimes(folder);
    const share = (now.busy - before.busy) / (now.total - before.total);
    before = now;
    return share;
  };
}

/** Load average of one minute for each core. */
export function loadGauge(): Gauge {
  return async () => (loadavg()[0] ?? 0) / availableParallelism();
}

/** Share of memory in use, 0 to 1. File contents that can be dropped at any time are not in use. */
export function memoryGauge(folder = cgroupFolder()): Gauge {
  return async () => {
    const limit = Number(await textOf(`${folder}/memory.max`));
    if (Number.isFinite(limit) && limit > 0) {
      const stat = (await textOf(`${folder}/memory.stat`)) ?? "";
      const idle = Number(/^inactive_file (\d+)/m.exec(stat)?.[1] ?? 0);
      return measured((Number(await textOf(`${folder}/memory.current`)) - idle) / limit, "memory");
    }
    const info = (await textOf("/proc/meminfo")) ?? "";
    const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(info)?.[1]);
    return measured(1 - field("MemAvailable") / field("MemTotal"), "memory");
  };
}

/** Share of the last ten seconds in which something waited for memory, 0 to 1 (pressure stall information). */
export function pressureGauge(): Gauge {
  const own = `${cgroupFolder()}/memory.pressure`;
  return async () => {
    const text = (await textOf(own)) ?? (await textOf("/proc/pressure/memory")) ?? "";
    return measured(Number(/^some avg10=([\d.]+)/m.exec(text)?.[1]) / 100, "memory pressure");
  };
}

/** Mean delay of the event loop since the last call, in milliseconds. `close` ends the measuring. */
export function loopGauge(): Gauge & { close(): void } {
  const histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: 10 });
  histogram.enable();
  const gauge = async () => {
    const mean = histogram.mean / 1e6;
    histogram.reset();
    // The histogram counts its own resolution as delay.
    return Number.isFinite(mean) ? Math.max(0, mean - 10) : 0;
  };
  return Object.assign(gauge, { close: () => void histogram.disable() });
}

/** Established TCP connections whose local port is the given one. */
export function connectionsGauge(port: number): Gauge {
  return async () => {
    const tables = await Promise.all(["/proc/net/tcp", "/proc/net/tcp6"].map(textOf));
    const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
    let count = 0;
    for (const line of tables.join("\n").split("\n")) {
      const [, address, , state] = line.trim().split(/\s+/);
      // 01 is ESTABLISHED.
      if (state === "01" && address?.endsWith(local)) count++;
    }
    return count;
  };
}

/** Where the limits of our cgroup (version 2) stand. */
function cgroupFolder(): string {
  return existsSync("/sys/fs/cgroup/cpu.max") ? "/sys/fs/cgroup" : "/nonexistent";
}

/** How many CPUs the cgroup may use; undefined for no limit. */
async function cpuQuota(folder: string): Promise<number | undefined> {
  const [quota, period] = ((await textOf(`${folder}/cpu.max`)) ?? "max 1").split(" ").map(Number);
  return quota === undefined || period === undefined || Number.isNaN(quota) ? undefined : quota / period;
}

/** CPU time that the cgroup has used, in microseconds. */
async function cpuUsage(folder: string): Promise<number> {
  const text = (await textOf(`${folder}/cpu.stat`)) ?? "";
  return measured(Number(/^usage_usec (\d+)/m.exec(text)?.[1]), "CPU time");
}

/** What CPUs did since they were started, in milliseconds: busy, and altogether. */
interface CpuTimes {
  readonly busy: number;
  readonly total: number;
}

/** Of the CPUs that the cgroup may use, or of all. */
async function cpuTimes(folder: string): Promise<CpuTimes> {
  const quota = await cpuQuota(folder);
  if (quota === undefined) return allCpus();
  return { busy: (await cpuUsage(folder)) / 1_000, total: performance.now() * quota };
}

function allCpus(): CpuTimes {
  let busy = 0;
  let total = 0;
  for (const { times } of cpus()) {
    busy += times.user + times.nice + times.sys + times.irq;
    total += times.user + times.nice + times.sys + times.irq + times.idle;
  }
  return { busy, total };
}

function measured(value: number, what: string): number {
  if (!Number.isFinite(value)) throw new Error(`${what} cannot be measured here`);
  return value;
}

async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").then(
    (text) => text.trim(),
    () => undefined,
  );
}

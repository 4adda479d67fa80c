import { Within } from "../../core/life.ts";
import { commandNumber, httpNumber } from "../../wire/checks.ts";
import {
  connectionsGauge,
  cpuGauge,
  type Gauge,
  loadGauge,
  loopGauge,
  memoryGauge,
  pressureGauge,
} from "../../wire/load.ts";
import type { WeightConfig } from "./config-weight.ts";

/** One input of a dynamic weight: what is measured, and which value counts as full load. */
export interface Input {
  readonly name: string;
  readonly gauge: Gauge;
  readonly limit: number;
}

/** The inputs that a configuration asks for, until `stop` rings. `close` lets go of what they measure with. */
export function inputsOf(weight: WeightConfig, stop: AbortSignal): { inputs: Input[]; close(): void } {
  const { cpu, load, memory, pressure, loop, connections, http, command } = weight.inputs;
  const loopDelay = loop && loopGauge();
  const inputs: (Input | undefined)[] = [
    cpu && { name: "cpu", gauge: cpuGauge(), limit: cpu.limit ?? 0.9 },
    load && { name: "load", gauge: loadGauge(), limit: load.limit ?? 1 },
    memory && { name: "memory", gauge: memoryGauge(), limit: memory.limit ?? 0.9 },
    pressure && { name: "pressure", gauge: pressureGauge(), limit: pressure.limit ?? 0.2 },
    loopDelay && { name: "loop", gauge: loopDelay, limit: loop.limit ?? 100 },
    connections && {
      name: "connections",
      gauge: connectionsGauge(connections.port),
      limit: connections.limit,
    },
    http && {
      name: "http",
      gauge: inTime((signal) => httpNumber(http.url, weight.every, signal), weight.every, stop),
      limit: http.limit,
    },
    command && {
      name: "command",
      gauge: inTime((signal) => commandNumber(command.run, signal), weight.every, stop),
      limit: command.limit,
    },
  ];
  return { inputs: inputs.filter((input) => input !== undefined), close: () => loopDelay?.close() };
}

/** A sample that takes longer than the pause between two is no sample. */
function inTime(measure: (signal: AbortSignal) => Promise<number>, ms: number, stop: AbortSignal): Gauge {
  return async () => {
    const within = new Within(stop, ms);
    return measure(within.signal).finally(() => within.end());
  };
}

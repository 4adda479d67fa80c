#!/usr/bin/env node
// Signals first: until somebody listens, SIGUSR1 opens Node's debugger and SIGUSR2 and SIGHUP end the process. So
// this file imports nothing but the catcher and what keeps the heap small, and everything else only after they are in
// place.
import { startSmall } from "./runtime/heap.ts";
import { catchSignals } from "./runtime/signals.ts";

const signals = catchSignals();
startSmall();
const { main } = await import("./cli/main.ts");
process.exitCode = await main(process.argv.slice(2), signals);

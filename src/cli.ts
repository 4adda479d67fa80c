#!/usr/bin/env node
// Signals first: until somebody listens, SIGUSR1 opens Node's debugger and SIGUSR2 and SIGHUP end the process. So
// this file imports nothing but the catcher, and everything else only after it is in place. No `await` out here: the
// single-file executable is CommonJS.
import { catchSignals } from "./runtime/signals.ts";

const signals = catchSignals();
void begin();

/**
 * What keeps the heap small, then the broadest parts one after the other: Node opens the files of one import side by
 * side, and a process may have few descriptors. This way 100 are enough, otherwise more than 200.
 */
async function begin(): Promise<void> {
  (await import("./runtime/heap.ts")).startSmall();
  await import("zod");
  await import("./agents/queue/index.ts");
  const { main } = await import("./cli/main.ts");
  process.exitCode = await main(process.argv.slice(2), signals);
}

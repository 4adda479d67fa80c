#!/usr/bin/env node
// Signals first: until somebody listens, SIGUSR1 opens Node's debugger and SIGUSR2 and SIGHUP end the process. So
// this file imports nothing but the catcher, and everything else only after it is in place. No `await` out here: the
// single-file executable is CommonJS.
import { catchSignals } from "./runtime/signals.ts";

const signals = catchSignals();
void import("./cli/main.ts")
  .then(({ main }) => main(process.argv.slice(2), signals))
  .then((status) => {
    process.exitCode = status;
  });

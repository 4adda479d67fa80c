import { defineCommand } from "citty";
import { kinds } from "../agents/kinds.ts";
import type { ProbedStep } from "../core/probe.ts";
import { findConfiguration } from "../runtime/configuration.ts";
import { probeAgents } from "../runtime/probe.ts";
import { exit } from "./exit.ts";
import { configOption, wantedOf } from "./options.ts";

/** `outrider probe`: connects to everything that the agents need, taking nothing. */
export const probe = defineCommand({
  meta: { name: "probe", description: "Try every connection that the agents need, without starting them" },
  args: {
    ...configOption,
    from: { type: "string", description: "The configuration is that of another agent.", valueHint: "peer" },
    timeout: { type: "string", default: "10", description: "How long to wait for each answer, in seconds." },
    file: { type: "positional", required: false, description: "The configuration, instead of --config." },
  },
  run: async ({ args }) => {
    const found = findConfiguration({ ...wantedOf(args), env: process.env, kinds });
    let failed = 0;
    for await (const { name, ok, steps } of probeAgents(found.load(), Number(args.timeout) * 1_000)) {
      console.log(`${name}: ${ok ? "fine" : "not fine"}`);
      for (const step of steps) console.log(lineOf(step));
      if (!ok) failed++;
    }
    return failed === 0 ? exit.ok : exit.failed;
  },
});

/** One step in a line, and under it what to do where it failed. */
function lineOf({ step, ok, ms, problem }: ProbedStep): string {
  if (ok) return `  ${step}: fine${ms === undefined ? "" : ` (${ms} ms)`}`;
  const remedy = problem?.remedy ? `\n    ${problem.remedy}` : "";
  return `  ${step}: ${problem?.message ?? "failed"}${remedy}`;
}

import { setImmediate } from "node:timers/promises";
import type { Finding } from "./finding.ts";
import type { Layer } from "./layer.ts";
import { RuleCheck } from "./rule-check.ts";

/** So many findings are listed; all are counted. */
const MOST_LISTED = 1_000;

export interface LintReport {
  readonly rules: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
}

/** Tries every rule of a layer on an example of its own, in slices, so that requests go on being answered. */
export async function lint(layer: Layer, matching: "flecto" | "fixed"): Promise<LintReport> {
  const counts: Record<string, number> = {};
  const findings: Finding[] = [];
  for (const { index, problem } of layer.bad) note(index, "broken", problem.message);
  for (let index = 0; index < layer.rules.length; index++) {
    if ((index & 0x3ff) === 0x3ff) await setImmediate();
    const found = new RuleCheck(layer, index, matching).findings();
    for (const [kind, message] of found) note(index, kind, message);
  }
  return { rules: layer.rules.length, counts, findings };

  function note(index: number, kind: Finding["kind"], message: string): void {
    counts[kind] = (counts[kind] ?? 0) + 1;
    const { type, source, target } = layer.rules.at(index);
    if (findings.length < MOST_LISTED) findings.push({ kind, rule: { type, source, target }, message });
  }
}

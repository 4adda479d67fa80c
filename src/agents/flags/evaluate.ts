import { isInRange } from "./bucket.ts";
import type { Compiled, Entry, Node, Segments } from "./compile.ts";
import { propertyOf, type User } from "./user.ts";

/** What a user gets. */
export interface Evaluation {
  /** null where the flag serves nothing; `""` where no range of a rollout holds the user. */
  readonly variationId: string | null;
  readonly value: string | null;
  /** Why: one of FeatBit's words, or the name of the rule. */
  readonly reason: string;
  readonly sendToExperiment: boolean;
  /** Where it was decided; the words of a reason alone do not tell a rule from a default. */
  readonly by: "archived" | "disabled" | "target" | "rule" | "default";
}

/**
 * Evaluates a flag for a user as FeatBit's evaluation server does (since 5.4.2, where archived flags serve nothing).
 * Deterministic: the same flag, segments and user always give the same.
 */
export function evaluate(ready: Compiled, segments: Segments, user: User): Evaluation {
  const { flag } = ready;
  if (flag.isArchived) return ARCHIVED;
  if (!flag.isEnabled) return served(ready, flag.disabledVariationId, "flag disabled", false, "disabled");
  const target = ready.targets.get(user.keyId);
  if (target !== undefined)
    return served(ready, target, "targeted", flag.exptIncludeAllTargets === true, "target");
  for (const rule of ready.rules)
    if (rule.checks.every((holds) => holds(user, segments)))
      return roll(ready, rule, user, rule.name, "rule");
  return roll(ready, ready.fallthrough, user, "default", "default");
}

const ARCHIVED: Evaluation = {
  variationId: null,
  value: null,
  reason: "flag archived",
  sendToExperiment: false,
  by: "archived",
};

function served(
  { variations }: Compiled,
  id: string | null | undefined,
  reason: string,
  sendToExperiment: boolean,
  by: Evaluation["by"],
): Evaluation {
  const variation = variations.get(id ?? "");
  return {
    variationId: variation?.id ?? null,
    value: variation?.value ?? null,
    reason,
    sendToExperiment,
    by,
  };
}

function roll(ready: Compiled, node: Node, user: User, reason: string, by: Evaluation["by"]): Evaluation {
  const { dispatchKey } = node;
  const key =
    ready.flag.key + (dispatchKey === undefined ? user.keyId : (propertyOf(user, dispatchKey) ?? ""));
  const entry = node.entries.find(({ range }) => isInRange(key, range));
  const experiment = isInExperiment(ready, node, entry, key);
  // Nobody's range: the empty variation, which is not the same as none.
  if (!entry) return { variationId: "", value: "", reason, sendToExperiment: experiment, by };
  return served(ready, entry.id, reason, experiment, by);
}

function isInExperiment({ flag }: Compiled, node: Node, entry: Entry | undefined, key: string): boolean {
  if (flag.exptIncludeAllTargets) return true;
  if (!node.includedInExpt || !entry) return false;
  const width = entry.range[1] - entry.range[0];
  if (entry.exptRollout === 0 || width === 0) return false;
  return isInRange(`expt${key}`, [0, Math.min(1, entry.exptRollout / width)]);
}

import { bucketOf } from "./bucket.ts";
import { compiled } from "./compile.ts";
import type { EnvironmentView } from "./environment-view.ts";
import type { Relay } from "./relay.ts";
import { propertyOf, type User } from "./user.ts";

export interface WhyQuestion {
  /** An environment's id, or `project:environment`; may be left out where there is only one. */
  readonly environment: string | undefined;
  readonly flag: string;
  readonly user: User;
}

/** Why a user gets what a flag serves: every rule that was looked at, and what each condition said. */
export function why(relay: Relay, { environment, flag: key, user }: WhyQuestion): object {
  const view = find(relay, environment);
  if (!view) return { error: "name the environment: an id, or project:environment", known: known(relay) };
  const flag = view.flag(key);
  if (!flag) return { error: `there is no flag ${JSON.stringify(key)} in this environment` };
  const ready = compiled(flag);
  const { rules, malformed } = ready;
  const result = view.evaluate(flag, user);
  return {
    flag: key,
    variation: result.variationId,
    value: result.value,
    decided_by: result.by,
    reason: result.reason,
    sends_to_experiment: result.sendToExperiment,
    archived: flag.isArchived === true,
    enabled: flag.isEnabled === true,
    targeted: ready.targets.has(user.keyId),
    rules: (flag.rules ?? []).map((rule, i) => ({
      name: rule.name,
      conditions: (rule.conditions ?? []).map((condition, at) => ({
        property: condition.property,
        op: condition.op,
        value: condition.value,
        user_has: propertyOf(user, condition.property ?? ""),
        holds: rules[i]?.checks[at]?.(user, view) ?? false,
      })),
    })),
    ...(result.by === "rule" || result.by === "default" ? { bucket: bucketFor(view, key, user) } : {}),
    version: view.effective(flag),
    ...(malformed.length > 0 && { malformed }),
  };
}

/** Where the user falls, for the flag's default rule. */
function bucketFor(view: EnvironmentView, key: string, user: User): number {
  const { fallthrough } = compiled(view.flag(key)!);
  const { dispatchKey } = fallthrough;
  return bucketOf(key + (dispatchKey === undefined ? user.keyId : (propertyOf(user, dispatchKey) ?? "")));
}

function find(relay: Relay, wanted: string | undefined): EnvironmentView | undefined {
  const all = [...(relay.view?.environments.values() ?? [])];
  if (wanted === undefined) return all.length === 1 ? all[0] : undefined;
  return all.find((each) => each.environment.envId === wanted.toLowerCase() || nameOf(each) === wanted);
}

function known(relay: Relay): string[] {
  return [...(relay.view?.environments.values() ?? [])].map(nameOf);
}

function nameOf({ environment: { envId, secrets } }: EnvironmentView): string {
  const [first] = secrets;
  return first ? `${first.projectKey}:${first.envKey}` : envId;
}
